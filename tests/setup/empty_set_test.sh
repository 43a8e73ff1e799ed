#!/bin/sh
# The two commands from an empty package set, for real: a minimal Debian 12 is made with debootstrap in a temporary
# directory, and the checkout is set up in it, once as root (test first, then report) and once as an ordinary user with
# sudo (report first). Before that, what a person sees without a network, without sudo, or who wants nothing installed.
# Needs root, debootstrap and a Debian mirror; takes minutes and about 3 GB. Exits 77 where it cannot run.
# usage: empty_set_test.sh PROJECT_ROOT
set -u

project=$(cd -- "${1:-$(dirname -- "$0")/../..}" && pwd -P) || exit 1
. "${0%/*}/empty_system.sh"

make_system root_system
cp -a "$scratch/root_system" "$scratch/user_system"

copy_checkout "$scratch/root_system/root/encbench"
chroot "$scratch/root_system" useradd --create-home plain
copy_checkout "$scratch/root_system/home/plain/encbench"
chroot "$scratch/root_system" chown -R plain: /home/plain

begin 'help before anything is there'
run root_system root encbench/encbench --help
expect_code 0

begin 'ENCBENCH_NO_INSTALL'
run root_system root env ENCBENCH_NO_INSTALL=1 encbench/encbench report
expect_code 2
expect_in err '^  apt-get update && apt-get install -y .*cmake'

begin 'an ordinary user without sudo'
run root_system plain encbench/encbench report
expect_code 2
expect_in err 'not root and there is no sudo'

begin 'no network'
before_inside='unshare --net'
run root_system root encbench/encbench report
before_inside=
expect_code 2
expect_in err 'apt-get could not install them: .*is there a network?'

begin 'root, test first'
run root_system root encbench/encbench test
expect_code 0
expect_in err 'not installed: gcc '
expect_in out '100% tests passed'
sed -n '/^encbench:/p' "$scratch/err"
tail -n 4 "$scratch/out"

begin 'root, then report'
run root_system root encbench/encbench report --profile smoke
expect_code 0
expect_not_in err 'not installed'
expect_not_in err 'encbench: building'
expect_report root_system/root/encbench

begin 'the command that ENCBENCH_NO_INSTALL prints is enough'
run root_system root env ENCBENCH_NO_INSTALL=1 encbench/encbench --version
expect_code 0

echo 'making a user with sudo in another empty system'
{
    inside user_system root apt-get -q update
    inside user_system root apt-get -q -y install --no-install-recommends sudo
    inside user_system root useradd --create-home builder
    echo 'builder ALL=(ALL) NOPASSWD: ALL' >"$scratch/user_system/etc/sudoers.d/builder"
    chmod 440 "$scratch/user_system/etc/sudoers.d/builder"
} >"$scratch/sudo.log" 2>&1
copy_checkout "$scratch/user_system/home/builder/encbench"
chroot "$scratch/user_system" chown -R builder: /home/builder

begin 'user with sudo, report first'
run user_system builder encbench/encbench report --profile smoke
expect_code 0
expect_in err 'installing these with sudo'
expect_report user_system/home/builder/encbench
[ -z "$(find "$scratch/user_system/home/builder" ! -user "$(stat -c %u "$scratch/user_system/home/builder")")" ] ||
    fail 'left files of root in the checkout'

begin 'user with sudo, then test'
run user_system builder encbench/encbench test
expect_code 0
expect_not_in err 'not installed'
expect_in out '100% tests passed'

finish 'set up from an empty package set, both ways'
