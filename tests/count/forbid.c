/*
 * forbid CALL[=ERRNO|=kill][,...] PROGRAM ARGUMENT... runs a program in a sandbox that refuses system calls, as
 * containers do: with that errno (a number), EPERM without one, or by killing it. A filter in plain BPF, so that no
 * library is needed. 77: this machine has no such filters.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS_MAX = 16, USAGE = 2, SKIPPED = 77 };

static const struct {
    const char *name;
    unsigned number;
} known[] = {
    {"ptrace", SYS_ptrace},
    {"sigaltstack", SYS_sigaltstack},
    {"perf_event_open", SYS_perf_event_open},
    {"personality", SYS_personality},
};

static int number_of(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, name) == 0)
            return (int)known[i].number;
    return -1;
}

static unsigned action_of(const char *how)
{
    if (how && strcmp(how, "kill") == 0)
        return SECCOMP_RET_KILL_PROCESS;
    return SECCOMP_RET_ERRNO | ((how ? (unsigned)atoi(how) : EPERM) & SECCOMP_RET_DATA);
}

int main(int argc, char **argv)
{
    struct sock_filter code[2 * CALLS_MAX + 2] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
    unsigned short length = 1;
    if (argc < 3) {
        fprintf(stderr, "usage: forbid CALL[=ERRNO|=kill][,...] PROGRAM ARGUMENT...\n");
        return USAGE;
    }
    for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
        char *how = strchr(name, '=');
        if (how)
            *how++ = '\0';
        const int number = number_of(name);
        if (number < 0 || length > 2 * CALLS_MAX - 1) {
            fprintf(stderr, "forbid: %s: not a system call that is known here; add it to the table\n", name);
            return USAGE;
        }
        code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1);
        code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action_of(how));
    }
    code[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {length, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        fprintf(stderr, "forbid: no filters here: %s\n", strerror(errno));
        return SKIPPED;
    }
    execvp(argv[2], argv + 2);
    fprintf(stderr, "forbid: %s: %s\n", argv[2], strerror(errno));
    return USAGE;
}
