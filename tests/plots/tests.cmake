# Report and figures, on a synthetic run directory and on a frozen one.
encbench_script_test(report_test BESIDE 900 report_test.py)
encbench_script_test(module_report_test BESIDE 300 module_report_test.py)
encbench_script_test(golden_test BESIDE 300 golden_test.py $<TARGET_FILE:encbench>)
