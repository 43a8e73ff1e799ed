encbench_unit_test(plan_test)
# Every profile has a plan of our own panels: one panel of seven arms refuses the profile that measures it, and no other.
foreach(profile smoke quick default thorough)
  add_test(NAME plan_${profile} COMMAND encbench run --profile ${profile} --dry-run)
  set_tests_properties(plan_${profile} PROPERTIES TIMEOUT 60)
endforeach()
