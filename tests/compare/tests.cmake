encbench_script_test(compare_test BESIDE 900 compare_test.py $<TARGET_FILE:encbench>)
