# What `explain` prints, against verdicts.csv and against the arithmetic done again from the rows that it names.
encbench_script_test(explain_test BESIDE 300 explain_test.py $<TARGET_FILE:encbench> ${PROJECT_SOURCE_DIR}/harness/schema.def)

# A run for other tools, and for other programs that read its files: golden files, the formats' own rules, and the tools where installed.
encbench_script_test(export BESIDE 300 export_test.py $<TARGET_FILE:encbench> ${PROJECT_SOURCE_DIR})

# All verbs on a terminal, with the page for man.
encbench_script_test(terminal ONE 300 terminal_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_COMMAND})

# What a shell's completion offers: verbs and options of --help, values that are accepted.
encbench_script_test(complete BESIDE 120 complete_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
