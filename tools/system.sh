#!/bin/sh
# Makes sure that the system has what pip cannot bring.
#
#   tools/system.sh build   Python's venv module and headers, a C++ compiler
#   tools/system.sh php     PHP with its SOAP extension, the foreign peer of tests/interop
#   tools/system.sh gsoap   gSOAP's code generators and library, and a C++ compiler, another one
#   tools/system.sh squid   squid, the foreign proxy of tests/transport
#   tools/system.sh nginx   nginx, the foreign server of tests/channel
#   tools/system.sh realm   a Kerberos server and Apache with GSSAPI and NTLM, the foreign servers of tests/transport
#   tools/system.sh kerberos  the headers of Kerberos, for make kerberos
#   tools/system.sh native  gSOAP and libxml2's headers, peers of the benchmarks
#   tools/system.sh valgrind  Valgrind, which counts instructions
#   tools/system.sh fuzz    clang++, which builds the core for libFuzzer
#
# What is missing is installed where this runs as root on a system with apt-get; elsewhere the command to run is
# printed. Missing build tools end the script with status 1; the others do not: the tests of PHP, gSOAP, squid and
# nginx then say that they skip, and fuzzing falls back on mutations without coverage.
set -u

python=${PYTHON:-python3}
missing=

need() {
    missing="$missing $1"
}

has_php_soap() {
    command -v php >/dev/null 2>&1 && php -m 2>/dev/null | grep -qi '^soap$'
}

case ${1:-} in
build)
    if ! command -v "$python" >/dev/null 2>&1; then
        echo "wsx needs Python 3.10 or newer: '$python' was not found (set PYTHON=/path/to/python3)" >&2
        exit 1
    fi
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
        echo "wsx needs Python 3.10 or newer; $python is $("$python" --version)" >&2
        exit 1
    }
    # Debian splits these off the interpreter; the packages of a second Python carry its version in their name.
    package=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    [ "$(readlink -f "$(command -v "$python")")" = "$(readlink -f /usr/bin/python3)" ] && package=python3
    "$python" -c 'import ensurepip, venv' 2>/dev/null || need "$package-venv"
    "$python" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' ||
        need "$package-dev"
    command -v "${CXX:-c++}" >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 || need g++
    ;;
php)
    has_php_soap || need "php-cli php-soap"
    ;;
gsoap)
    { command -v wsdl2h >/dev/null 2>&1 && command -v soapcpp2 >/dev/null 2>&1 && [ -e /usr/include/stdsoap2.h ]; } ||
        need "gsoap libgsoap-dev"
    command -v c++ >/dev/null 2>&1 || need g++
    ;;
squid)
    # The program alone is wanted; Debian's package may start it as a service, too.
    [ -x /usr/sbin/squid ] || command -v squid >/dev/null 2>&1 || need squid
    ;;
nginx)
    [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null 2>&1 || need nginx
    ;;
realm)
    # The programs alone are wanted, as with squid.
    { [ -x /usr/sbin/krb5kdc ] && [ -x /usr/sbin/kadmin.local ] && [ -x /usr/sbin/apache2 ] &&
        command -v kinit >/dev/null 2>&1 && [ -e /usr/lib/apache2/modules/mod_auth_gssapi.so ] &&
        [ -n "$(find /usr/lib -name gssntlmssp.so 2>/dev/null)" ]; } ||
        need "krb5-kdc krb5-admin-server krb5-user apache2 libapache2-mod-auth-gssapi gss-ntlmssp"
    ;;
kerberos)
    # What gssapi and krb5 of PyPI are compiled against.
    command -v krb5-config >/dev/null 2>&1 || need libkrb5-dev
    ;;
native)
    { command -v soapcpp2 >/dev/null 2>&1 && [ -e /usr/include/stdsoap2.h ]; } || need "gsoap libgsoap-dev"
    command -v xml2-config >/dev/null 2>&1 || need libxml2-dev
    ;;
valgrind)
    { command -v valgrind >/dev/null 2>&1 && [ -e /usr/include/valgrind/callgrind.h ]; } || need valgrind
    ;;
fuzz)
    # libFuzzer and AddressSanitizer themselves come with Atheris; what is linked into the core comes from here.
    [ -d "$(clang++ -print-runtime-dir 2>/dev/null)" ] || need "clang libclang-rt-dev"
    ;;
*)
    echo "usage: $0 build|php|gsoap|squid|realm|nginx|kerberos|native|valgrind|fuzz" >&2
    exit 2
    ;;
esac

[ -z "$missing" ] && exit 0

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Debian packages that this task needs:$missing"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of names
    if { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
        rm -f "$log"
        case $1 in
        squid | nginx)
            # The program alone is wanted.
            service "$1" stop >/dev/null 2>&1
            update-rc.d "$1" disable >/dev/null 2>&1
            ;;
        esac
        exit 0
    fi
    echo "apt-get could not install:$missing" >&2
    tail -n 20 "$log" >&2
    rm -f "$log"
elif command -v apt-get >/dev/null 2>&1; then
    echo "This task needs packages that only the administrator can install. Run:" >&2
    echo "    sudo apt-get install$missing" >&2
else
    echo "This task needs what Debian calls$missing; install it with your system's package manager." >&2
fi
[ "$1" != build ] && exit 0
exit 1
