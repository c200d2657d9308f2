import { assertEquals } from "@std/assert";
import { ChargePoint } from "../conformance/charge_point.ts";
import { suite } from "../conformance/suite.ts";
import { callsOf, recording, RECORDINGS } from "./recording.ts";
import { type Outcome, Replay } from "./replay.ts";

const test = suite({ unknownChargePoints: "accept" });

/** Recorded CALLs that are not valid OCPP: an unknown action, and a connectorId that is text. */
const REFUSED = ["NoSuchAction 404", "ChangeAvailability 400"];

/** The counts in each recording: all CALLs of the charge point, and all its answers. */
const expected: Record<(typeof RECORDINGS)[number], Outcome> = {
  ocpp_go: { confirmed: 28, commands: { answered: 56 }, refused: REFUSED },
  ts_ocpp: { confirmed: 7, commands: { answered: 49, callError: 7 }, refused: REFUSED },
  vcp: { confirmed: 14, commands: { answered: 55 }, refused: REFUSED },
};

for (const name of RECORDINGS) {
  test(`every CALL in the replay of ${name} is confirmed`, async (tool, central) => {
    for (const idTag of ["TAG1", "12345"]) await tool.operator.put(`/v1/id-tags/${idTag}`, { status: "Accepted" });
    const lines = await recording(name);
    const outcome = await new Replay(central, tool.operator, `REPLAY-${name}`).play(lines);
    assertEquals(outcome, expected[name]);
  });

  test(
    `the CALLs of ${name}, sent without waiting for answers, are each confirmed once and in order`,
    async (_tool, central) => {
      const cp = new ChargePoint(central, `PIPELINE-${name}`, { wellBehaved: false });
      await cp.connect();
      const calls = callsOf(await recording(name));
      for (const call of calls) cp.wire.send(...call);
      for (const [, id, action] of calls) await cp.confirmation(String(action), id);
      await cp.assertNothingSent();
      await cp.disconnect();
    },
  );
}
