<#
.SYNOPSIS
    Tells Intune whether this version of the agent of setapart is installed and starts.
.DESCRIPTION
    Intune takes an application for installed if its detection script ends with 0 and has written to standard output.
    Everything else means that it is not: Intune installs it again, which mends it.
#>
#Requires -Version 5.1
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Version = '@VERSION@'
try {
    # A 32-bit process, as Intune's agent starts it, has the right folder in ProgramW6432 only.
    $programs = if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }
    $told = & (Join-Path $programs 'setapart-agent\setapart-agent.cmd') --version
    if ($LASTEXITCODE -ne 0 -or "$told" -ne "setapart-agent, version $Version") { exit 1 }
    foreach ($name in 'enrol', 'collect', 'deliver') {
        $task = Get-ScheduledTask -TaskPath '\setapart\' -TaskName $name
        if ($task.State -eq 'Disabled') { exit 1 }
    }
    Write-Output "setapart-agent $Version"
    exit 0
}
catch {
    exit 1
}
