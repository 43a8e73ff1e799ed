# Error rates of the harness: figures from synthetic rows, and the whole of `calibrate` on a tiny budget.
encbench_unit_test(calibrate_test)
encbench_script_test(calibrate ONE 600 calibrate_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})

# What a calibration takes out of the design, in the processes themselves. It times as well.
encbench_script_test(ablation ALONE 600 ablation_test.py ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
