@echo off
rem What a scheduled task runs: collect, deliver or enrol. What its last run said is kept; an end that needs somebody is
rem told to the event log as well.
setlocal
set "STATE=%ProgramData%\setapart-agent"
set "AGENT=%~dp0setapart-agent.cmd"
set "SAID=%STATE%\log\%~1.txt"
if "%~1"=="collect" goto collect
if "%~1"=="deliver" goto deliver
if "%~1"=="enrol" goto enrol
echo setapart-agent: a task "%~1"; expected collect, deliver or enrol 1>&2
exit /b 2

:collect
if not exist "%STATE%\auditor.json" exit /b 0
call :folders
call "%AGENT%" report --no-deliver --dir "%STATE%" >"%SAID%" 2>&1
set "CODE=%ERRORLEVEL%"
if "%CODE%"=="0" "%SystemRoot%\System32\schtasks.exe" /run /tn \setapart\deliver >nul 2>&1
goto end

:deliver
if not exist "%STATE%\auditor.json" exit /b 0
rem This task may add files to the state folder, and none to that of the others.
set "SAID=%STATE%\deliver.txt"
call "%AGENT%" deliver --dir "%STATE%" >"%SAID%" 2>&1
set "CODE=%ERRORLEVEL%"
goto end

:enrol
call :folders
call "%AGENT%" enrol-unattended --policy --remove --dir "%STATE%" "%STATE%\enrol.toml" >"%SAID%" 2>&1
set "CODE=%ERRORLEVEL%"
if not "%CODE%"=="0" goto end
"%SystemRoot%\System32\findstr.exe" /b /c:"enrolled as " "%SAID%" >nul
if "%ERRORLEVEL%"=="0" "%SystemRoot%\System32\schtasks.exe" /run /tn \setapart\collect >nul 2>&1

:end
rem 3: everything is kept, and is tried again. Nobody is needed.
if "%CODE%"=="0" exit /b 0
if "%CODE%"=="3" exit /b 3
"%SystemRoot%\System32\eventcreate.exe" /L APPLICATION /SO setapart-agent /T ERROR /ID 2 /D "The task %~1 ended with %CODE%. What it said is in %SAID%" >nul 2>&1
exit /b %CODE%

:folders
rem Who delivers may make none of these, so that it can lead nobody elsewhere.
for %%F in (spool spool\rejected receipts) do if not exist "%STATE%\%%F" mkdir "%STATE%\%%F"
exit /b 0
