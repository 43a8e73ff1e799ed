# CSV and the declared tables; and what other readers make of them.
encbench_unit_test(csv_test)
encbench_unit_test(recorded_test)
encbench_unit_test(schema_test)
encbench_script_test(tables BESIDE 300 tables_test.py $<TARGET_FILE:encbench> ${PROJECT_SOURCE_DIR})
