# From two sources to a verdict: words, labels and decisions as values; the verb on sources that are made for it.
encbench_unit_test(ab_test)
encbench_script_test(ab_inputs BESIDE 300 ab_inputs_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
encbench_script_test(ab ONE 600 ab_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
encbench_script_test(ab_campaign BESIDE 60 ab_campaign_test.py)
set_tests_properties(ab_campaign PROPERTIES LABELS unit)
