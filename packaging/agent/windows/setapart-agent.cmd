@echo off
rem The agent: the Python that install.ps1 has found, with its standard library, and nothing else that is installed there.
setlocal
set "SETAPART_PYTHON="
call "%~dp0current.cmd"
if not defined SETAPART_PYTHON goto missing
if not exist "%SETAPART_PYTHON%" goto missing
rem -I and -S: no variable, no user and no package of that Python changes what is imported. -B: nothing is written here.
"%SETAPART_PYTHON%" -I -S -B "%SETAPART_LIBRARY%" %*
exit /b %ERRORLEVEL%

:missing
echo setapart-agent: no Python at "%SETAPART_PYTHON%"; expected Python 3.11 to 3.14, 64-bit, installed for all users; install it, then run install.ps1 again 1>&2
exit /b 5
