#!/bin/sh
# environment.sh <virtual environment> <base|dev>: install the locked requirements, or do nothing when they are there.
set -eu

environment=$1
wanted=$2
python=${PYTHON:-python3}
here=$(dirname "$0")

complain() {
    echo "$1" >&2
    exit 1
}

command -v "$python" > /dev/null || complain "Python 3.11 or later is needed, but there is no $python on PATH."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    complain "Python 3.11 or later is needed, but $python is $("$python" -V 2>&1): name another one, \`PYTHON=python3.11 make up\`."

fingerprint() {
    "$python" - "$here/bootstrap.txt" "$here/$1.txt" << 'END'
import hashlib, pathlib, sys
print(hashlib.sha256(b"".join(pathlib.Path(name).read_bytes() for name in sys.argv[1:])).hexdigest())
END
}

# What tests need includes what the stack needs, so either stamp will do for "base".
for set in "$wanted" dev; do
    stamp="$environment/.installed-$set"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint "$set")" ] && "$environment/bin/python" -c '' 2> /dev/null; then
        exit 0
    fi
done

if ! "$environment/bin/python" -m pip --version > /dev/null 2>&1; then
    echo "Creating $environment with $("$python" -V)"
    "$python" -m venv --clear "$environment" ||
        complain "$python cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)."
fi

# Stamps go first: an installation that breaks half-way must not count as done.
rm -f "$environment"/.installed-*
echo "Installing requirements/$wanted.txt into $environment"
if "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/bootstrap.txt" &&
    "$environment/bin/uv" --version > /dev/null 2>&1 &&
    "$environment/bin/uv" pip install --quiet --python "$environment/bin/python" --require-hashes -r "$here/$wanted.txt"; then
    :
else
    echo "uv could not do it; trying with pip, which takes longer"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$here/$wanted.txt" ||
        complain "The packages of requirements/$wanted.txt could not be installed: the lines above say why."
fi
fingerprint "$wanted" > "$environment/.installed-$wanted"
