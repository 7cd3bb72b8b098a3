<#
.SYNOPSIS
    Installs the agent of setapart on this Windows for all users, or brings it up to this version.
.DESCRIPTION
    Run it from the folder that the zip was unpacked to, as SYSTEM or an elevated administrator. Running it again changes
    nothing. Key, chain, spool and enrolment of an installed agent stay.

    A file enrol.toml beside this script enrols the machine. A folder "python" beside it, with python.org's embeddable
    package for 64-bit Windows, is installed with the agent; otherwise the newest Python 3.11 to 3.14 of this machine is
    used that only administrators can change.

    Exit codes: 0 done; 1603 not done, with the reason on the error stream and in the event log; 1618 another installation
    of it is at work.
#>
#Requires -Version 5.1
#Requires -PSEdition Desktop
[CmdletBinding(SupportsShouldProcess)]
param()

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$Version = '@VERSION@'
$Tasks = 'enrol', 'collect', 'deliver'
$Programs = Join-Path $env:ProgramFiles 'setapart-agent'
$State = Join-Path $env:ProgramData 'setapart-agent'
$Schtasks = Join-Path $env:SystemRoot 'System32\schtasks.exe'
$Uninstall = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\setapart-agent'
$EventSource = 'HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\Application\setapart-agent'

# SYSTEM and administrators: everything. An owner as such: nothing more than to see the rights. The SID of the task
# \setapart\deliver (NT TASK\setapart-deliver): to list folders, and to add, change and remove files, but no folder: where
# it can make none, it can make no junction that leads SYSTEM elsewhere. Keys have rights of their own.
$Deliver = 'S-1-5-87-1957219103-3841295801-4112150062-988870674-3283806444'
$Closed = 'O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;RC;;;S-1-3-4)'
$StateRights = "$Closed(A;CI;0x1200ab;;;$Deliver)(A;OIIO;0x1301bf;;;$Deliver)"

function Write-AgentEvent {
    param([string] $Kind, [int] $Id, [string] $Text)
    $told = $Text -replace '"', "'"
    & (Join-Path $env:SystemRoot 'System32\eventcreate.exe') /L APPLICATION /SO setapart-agent /T $Kind /ID $Id /D $told |
        Out-Null
}

function Invoke-Checked {
    param([string] $Program, [string[]] $Arguments)
    & $Program $Arguments | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "$Program $($Arguments -join ' ') ended with $LASTEXITCODE" }
}

# Whether nobody but SYSTEM, administrators and the installer of Windows may write there: SYSTEM will run it.
function Test-OnlyAdministratorsWrite {
    param([string] $Path)
    $trusted = 'S-1-5-18', 'S-1-5-32-544', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
    $acl = Get-Acl -LiteralPath $Path
    $sid = [Security.Principal.SecurityIdentifier]
    if ($trusted -notcontains $acl.GetOwner($sid).Value) { return $false }
    # Generic write and all, and what lets one write, add, remove, or change the rights.
    $writes = 0x500D0156
    foreach ($rule in $acl.GetAccessRules($true, $true, $sid)) {
        $inheritOnly = $rule.PropagationFlags -band [Security.AccessControl.PropagationFlags]::InheritOnly
        if ($rule.AccessControlType -eq 'Allow' -and -not $inheritOnly -and
            $trusted -notcontains $rule.IdentityReference.Value -and ([int] $rule.FileSystemRights -band $writes)) {
            return $false
        }
    }
    return $true
}

function Test-Python {
    param([string] $Path)
    if (-not (Test-Path -LiteralPath $Path -PathType Leaf)) { return $false }
    $said = & $Path -I -S -c "import struct, sys; print(*sys.version_info[:2], 8 * struct.calcsize('P'), sep='.')"
    return $LASTEXITCODE -eq 0 -and "$said" -match '^3\.1[1-4]\.64$'
}

# PEP 514: where a Python that was installed for all users says that it is.
function Find-Python {
    $refused = @()
    foreach ($tag in '3.14', '3.13', '3.12', '3.11') {
        $key = "HKLM:\SOFTWARE\Python\PythonCore\$tag\InstallPath"
        if (-not (Test-Path $key)) { continue }
        $folder = (Get-Item $key).GetValue('')
        if (-not $folder) { continue }
        $found = Join-Path $folder 'python.exe'
        if (-not (Test-Path -LiteralPath $found -PathType Leaf)) { continue }
        if ((Test-OnlyAdministratorsWrite $folder) -and (Test-OnlyAdministratorsWrite $found)) {
            if (Test-Python $found) { return $found }
        }
        else { $refused += "others than administrators may write to $folder" }
    }
    throw ("no Python that can be used; expected Python 3.11 to 3.14, 64-bit, installed for all users. " +
        "Install it, or put python.org's embeddable package beside this script as the folder ""python"". " +
        ($refused -join '; ')).Trim()
}

function ConvertTo-Acl {
    param([string] $Sddl)
    $acl = New-Object Security.AccessControl.DirectorySecurity
    # Not what is audited: that needs a privilege.
    $acl.SetSecurityDescriptorSddlForm($Sddl, [Security.AccessControl.AccessControlSections] 'Owner, Group, Access')
    return $acl
}

# The state folder: laid before anything is written into it, and never taken over from somebody else.
function Initialize-State {
    $rights = ConvertTo-Acl $StateRights
    if (Test-Path -LiteralPath $State) {
        $there = Get-Item -LiteralPath $State -Force
        if (-not $there.PSIsContainer -or ($there.Attributes -band [IO.FileAttributes]::ReparsePoint)) {
            throw "$State is no folder; expected the agent's own; remove it"
        }
        $owner = (Get-Acl -LiteralPath $State).GetOwner([Security.Principal.SecurityIdentifier]).Value
        if ('S-1-5-18', 'S-1-5-32-544' -notcontains $owner) {
            throw "$State belongs to $owner; expected SYSTEM or the administrators; somebody else has made it: remove it"
        }
        [IO.Directory]::SetAccessControl($State, $rights)
    }
    else {
        [IO.Directory]::CreateDirectory($State, $rights) | Out-Null
    }
    foreach ($name in 'spool', 'spool\rejected', 'receipts', 'log') {
        [IO.Directory]::CreateDirectory((Join-Path $State $name)) | Out-Null
    }
    # What SYSTEM writes without the agent: nobody else has anything to do there.
    [IO.Directory]::SetAccessControl((Join-Path $State 'log'), (ConvertTo-Acl $Closed))
}

# Lays this version beside the one that may be running, and then names it as the current one.
function Install-Program {
    param([string] $Python)
    $library = Join-Path $Programs ('lib-{0}-{1:yyyyMMddHHmmss}' -f $Version, [DateTime]::UtcNow)
    [IO.Directory]::CreateDirectory($Programs) | Out-Null
    Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'lib') -Destination $library -Recurse
    & $Python -I -S -m compileall -q --invalidation-mode unchecked-hash $library | Out-Null # half the time of a run
    $told = & $Python -I -S -B $library --version
    if ($LASTEXITCODE -ne 0 -or "$told" -notmatch [regex]::Escape($Version)) { throw "the agent does not start: $told" }
    foreach ($name in 'setapart-agent.cmd', 'run-task.cmd', 'uninstall.ps1') {
        Copy-Item -LiteralPath (Join-Path $PSScriptRoot $name) -Destination $Programs -Force
    }
    $current = Join-Path $Programs 'current.cmd'
    $lines = "@set ""SETAPART_PYTHON=$Python""", "@set ""SETAPART_LIBRARY=$library"""
    Set-Content -LiteralPath "$current.new" -Value $lines -Encoding Oem # as cmd.exe reads it
    Move-Item -LiteralPath "$current.new" -Destination $current -Force
    return $library
}

function Register-Agent {
    New-Item -Path $EventSource -Force | Out-Null
    $messages = '%SystemRoot%\System32\EventCreate.exe'
    New-ItemProperty -Path $EventSource -Name EventMessageFile -PropertyType ExpandString -Value $messages -Force | Out-Null
    New-ItemProperty -Path $EventSource -Name TypesSupported -PropertyType DWord -Value 7 -Force | Out-Null
    New-ItemProperty -Path $EventSource -Name CustomSource -PropertyType DWord -Value 1 -Force | Out-Null
    $shell = Join-Path $env:SystemRoot 'System32\WindowsPowerShell\v1.0\powershell.exe'
    $values = @{
        DisplayName     = 'setapart agent'
        DisplayVersion  = $Version
        Publisher       = 'setapart'
        InstallLocation = $Programs
        UninstallString = """$shell"" -NoProfile -ExecutionPolicy Bypass -File ""$(Join-Path $Programs 'uninstall.ps1')"""
    }
    New-Item -Path $Uninstall -Force | Out-Null
    foreach ($name in $values.Keys) {
        New-ItemProperty -Path $Uninstall -Name $name -PropertyType String -Value $values[$name] -Force | Out-Null
    }
    foreach ($name in 'NoModify', 'NoRepair') {
        New-ItemProperty -Path $Uninstall -Name $name -PropertyType DWord -Value 1 -Force | Out-Null
    }
}

function Suspend-Task {
    foreach ($task in Get-ScheduledTask -TaskPath '\setapart\' -ErrorAction SilentlyContinue) {
        Disable-ScheduledTask -InputObject $task | Out-Null
        Stop-ScheduledTask -InputObject $task -ErrorAction SilentlyContinue
    }
}

function Resume-Task {
    Get-ScheduledTask -TaskPath '\setapart\' -ErrorAction SilentlyContinue | Enable-ScheduledTask | Out-Null
}

function Install-EmbeddedPython {
    [IO.Directory]::CreateDirectory($Programs) | Out-Null
    Copy-Item -Path (Join-Path $PSScriptRoot 'python') -Destination $Programs -Recurse -Force
    $python = Join-Path $Programs 'python\python.exe'
    if (-not (Test-Python $python)) { throw "$python is no Python 3.11 to 3.14 for 64-bit Windows" }
    return $python
}

function Install-DropIn {
    $dropIn = Join-Path $PSScriptRoot 'enrol.toml'
    if (-not (Test-Path -LiteralPath $dropIn -PathType Leaf)) { return }
    $target = Join-Path $State 'enrol.toml'
    Copy-Item -LiteralPath $dropIn -Destination "$target.new" -Force
    Move-Item -LiteralPath "$target.new" -Destination $target -Force
}

function Install-Agent {
    $embedded = [IO.Directory]::Exists((Join-Path $PSScriptRoot 'python'))
    $python = if ($embedded) { $null } else { Find-Python }
    Suspend-Task
    try {
        if ($embedded) { $python = Install-EmbeddedPython }
        Initialize-State
        $library = Install-Program $python
        Register-Agent
        Install-DropIn
        foreach ($name in $Tasks) {
            $xml = Join-Path $PSScriptRoot "tasks\$name.xml"
            Invoke-Checked $Schtasks '/create', '/tn', "\setapart\$name", '/xml', $xml, '/f'
        }
    }
    catch {
        Resume-Task # what was there goes on
        throw
    }
    Invoke-Checked $Schtasks '/run', '/tn', '\setapart\enrol'
    # Those of before; one that somebody still runs goes the next time.
    Get-ChildItem -LiteralPath $Programs -Directory -Filter 'lib-*' |
        Where-Object { $_.FullName -ne $library } |
        Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
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
    if ($PSCmdlet.ShouldProcess($Programs, "install setapart-agent $Version")) {
        Install-Agent
        Write-AgentEvent INFORMATION 1 "setapart-agent $Version is installed."
    }
    exit 0
}
catch {
    Write-AgentEvent ERROR 603 "setapart-agent $Version was not installed: $_"
    [Console]::Error.WriteLine("setapart-agent: $_")
    exit 1603
}
finally {
    if ($mine) { $mutex.ReleaseMutex() }
}
