<#
.SYNOPSIS
    Removes the agent of setapart from this Windows.
.DESCRIPTION
    Key, chain, spool and enrolment stay, so that an agent that is installed again goes on. Running it again changes
    nothing. Retire the device in the register as well, if it is gone for good.

    Exit codes: 0 removed, or it was not there; 1603 something could not be removed; 1618 an installation is at work.
.PARAMETER RemoveState
    Remove the state as well, the key with it: reports that wait are lost, and the device has to be enrolled anew.
#>
#Requires -Version 5.1
#Requires -PSEdition Desktop
[CmdletBinding(SupportsShouldProcess)]
param([switch] $RemoveState)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Programs = Join-Path $env:ProgramFiles 'setapart-agent'
$State = Join-Path $env:ProgramData 'setapart-agent'
$Keys = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\setapart-agent'
    'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\setapart-agent'
)

function Uninstall-Agent {
    foreach ($task in Get-ScheduledTask -TaskPath '\setapart\' -ErrorAction SilentlyContinue) {
        Stop-ScheduledTask -InputObject $task -ErrorAction SilentlyContinue
        Unregister-ScheduledTask -InputObject $task -Confirm:$false
    }
    $service = New-Object -ComObject Schedule.Service
    $service.Connect()
    try { $service.GetFolder('\').DeleteFolder('setapart', 0) } catch { Write-Verbose "no folder of tasks: $_" }
    $folders = @($Programs)
    if ($RemoveState) { $folders += $State }
    foreach ($folder in $folders) {
        if (Test-Path -LiteralPath $folder) { Remove-Item -LiteralPath $folder -Recurse -Force }
    }
    foreach ($key in $Keys) {
        if (Test-Path $key) { Remove-Item -Path $key -Recurse -Force }
    }
}

# Intune's agent is a 32-bit program: its view of the disk and the registry is another one.
if ([Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess) {
    $shell = Join-Path $env:SystemRoot 'Sysnative\WindowsPowerShell\v1.0\powershell.exe'
    $switches = @($PSBoundParameters.Keys | ForEach-Object { "-$_" })
    & $shell -NoProfile -ExecutionPolicy Bypass -File $PSCommandPath $switches
    exit $LASTEXITCODE
}

$mine = $false
try {
    $mutex = New-Object Threading.Mutex($false, 'Global\setapart-agent-install')
    try { $mine = $mutex.WaitOne(0) } catch [Threading.AbandonedMutexException] { $mine = $true }
    if (-not $mine) { exit 1618 }
    if ($PSCmdlet.ShouldProcess($Programs, 'remove setapart-agent')) { Uninstall-Agent }
    exit 0
}
catch {
    [Console]::Error.WriteLine("setapart-agent: $_")
    exit 1603
}
finally {
    if ($mine) { $mutex.ReleaseMutex() }
}
