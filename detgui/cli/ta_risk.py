"""``detgui ta-risk``: probability that unmasked hot pixels disturb a target acquisition."""

from __future__ import annotations

import argparse
from argparse import Namespace

from detgui.cli.arguments import named_file, positive
from detgui.cli.common import check_output
from detgui.cli.terminal import put_json
from detgui.errors import BadInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    add = parser.add_argument
    add("--rate", type=float, required=True, metavar="PIX_PER_MONTH", help="pixels that become hot a month (NRS2 above 3 DN/s: about 70)")
    add("--rate-err", type=float, default=0.0, metavar="PIX", help="its error (default: 0)")
    add("--months", type=float, required=True, metavar="M", help="age of the mask")
    add("--stamp", type=positive, default=32, metavar="N", help="side of a postage stamp, pixels (default: 32)")
    add("--stars", type=positive, default=8, metavar="N", help="reference stars (default: 8)")
    add("--needed", type=positive, default=5, metavar="N", help="clean stars that are needed (default: 5)")
    add("--pixels", type=positive, default=2040 * 2040, metavar="N", help="pixels of the detector (default: 2040 x 2040, those that see)")
    add("--json", action="store_true", help="write JSON on stdout")
    add("-o", "--output", type=named_file, metavar="RISK.ecsv", help="table of the risk against the age of the mask (.ecsv or .csv)")


def run(args: Namespace) -> int:
    """Calculate and say."""
    from detgui.analysis import ta_risk
    from detgui.data.tables import check_extension

    for name, value in (("--rate", args.rate), ("--months", args.months)):
        if not 0 <= value < float("inf"):
            raise BadInput(f"{name} is a number that is not negative, not {value:g}")
    if args.output is not None:
        check_output(args.output, [])
        check_extension(args.output)
    result = ta_risk.run(ta_risk.Params(args.rate, args.rate_err, args.months, args.stamp, args.stars, args.needed, args.pixels))
    if args.output is not None:
        ta_risk.write(result, args.output)
    if args.json:
        put_json(ta_risk.summary(result) | ({"output": args.output} if args.output else {}))
    else:
        print(ta_risk.as_text(result))
    return 0
