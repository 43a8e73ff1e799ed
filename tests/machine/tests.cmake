# What is said of a machine, below made-up roots; names of events.
encbench_unit_test(machine_test _GNU_SOURCE)
encbench_unit_test(events_test)
