#!/bin/sh
# Renews the golden files: update.sh ENCBENCH [RUN_DIRECTORY]
#
# ENCBENCH is the built program. With RUN_DIRECTORY (a `quick` run) its raw files are frozen anew (freeze.py); without, those that are
# here stay. Then analyse and report make the rest. Read the difference before committing it: each line is a change that users see.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: update.sh ENCBENCH [RUN_DIRECTORY]" >&2
    exit 2
fi
python=${ENCBENCH_PYTHON:-python3}
"$python" -c 'import jinja2' 2>/dev/null || python=/usr/bin/python3
new=$(mktemp -d "$here/.new.XXXXXX")
trap 'rm -rf "$new"' EXIT
if [ $# -eq 2 ]; then
    "$python" -B "$here/freeze.py" "$2" "$new/run"
else
    cp -r "$here/run" "$new/run"
fi
status=0
"$1" analyse "$new/run" || status=$?
# 3: a control failed; the report says so, which is a report too.
[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || exit "$status"
rm -f "$new/run/samples.csv.gz"
rm -rf "$here/run"
mv "$new/run" "$here/run"
"$python" -B "$root/plots/report.py" "$here/run" --output "$here/REPORT.md"
du -ab "$here/run" | tail -n 1
