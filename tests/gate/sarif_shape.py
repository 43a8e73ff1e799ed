"""Whether a file has the shape that SARIF 2.1.0 asks for, of what a gate writes: required properties, their types, no unknown ones.
usage: sarif_shape.py FILE; prints a line `LEVEL RULE TEXT` for each result."""
import json
import sys

# property: (required, shape); a shape is a type, a tuple of allowed values, [shape of items] or a table of properties.
MESSAGE = {"text": (True, str)}
PLACE = {
    "physicalLocation": (True, {"artifactLocation": (True, {"uri": (True, str)}), "region": (False, {"startLine": (True, int)})}),
    "logicalLocations": (False, [{"fullyQualifiedName": (True, str)}]),
}
LEVELS = ("none", "note", "warning", "error")
SARIF = {
    "$schema": (False, str),
    "version": (True, ("2.1.0",)),
    "runs": (True, [{
        "tool": (True, {"driver": (True, {"name": (True, str), "version": (False, str)})}),
        "invocations": (False, [{"executionSuccessful": (True, bool), "exitCode": (False, int),
                                 "toolExecutionNotifications": (False, [{"level": (False, LEVELS), "message": (True, MESSAGE)}])}]),
        "results": (True, [{"ruleId": (True, str), "level": (False, LEVELS), "message": (True, MESSAGE), "locations": (True, [PLACE]),
                            "partialFingerprints": (False, {"encbenchFigure/v1": (True, str)})}]),
    }]),
}


def check(value, shape, where):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where}: no object"
        for name, (required, inner) in shape.items():
            assert name in value or not required, f"{where}: lacks {name}"
            if name in value:
                check(value[name], inner, f"{where}.{name}")
        assert not set(value) - set(shape), f"{where}: unknown {set(value) - set(shape)}"
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where}: no list"
        for number, item in enumerate(value):
            check(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, tuple):
        assert value in shape, f"{where}: {value!r}"
    else:
        assert isinstance(value, shape) and not (shape is int and isinstance(value, bool)), f"{where}: {value!r} is no {shape.__name__}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = json.load(file)
    check(document, SARIF, "sarif")
    for run in document["runs"]:
        for result in run["results"]:
            print(result["level"], result["ruleId"], result["message"]["text"])


main()
