import { assert, assertEquals } from "@std/assert";
import { filledFolder, startChild } from "./folder.ts";
import { startWriter } from "./ledger.ts";
import { hoursAhead, otherClock, otherClockWorks } from "./other_clock.ts";

Deno.test({
  name: "jumps of the clock, forwards and backwards by days: writing goes on, and a restart in between is one",
  ignore: !otherClockWorks,
  async fn() {
    await using folder = await filledFolder();
    await using clock = await otherClock();
    const options = { env: { PATH: clock.path }, permissions: ["-A"] };
    await using first = startChild(folder.dataDir, options);
    const url = String((await first.event("up")).url);
    await using writer = await startWriter(url);
    for (const days of [0, 3, -3, 400, -400]) {
      await clock.jump(24 * days);
      assertEquals(await hoursAhead(url), 24 * days);
      await writer.more(30);
    }
    // The process ends while the clock is far back, and the next one takes over after it went right.
    await first.kill();
    await clock.jump(0);
    await using second = startChild(folder.dataDir, options);
    assert((await second.event("up")).adopted, "taken over");
    await clock.jump(-48);
    await second.end();
    await clock.jump(48);
    await using third = startChild(folder.dataDir, options);
    await third.event("up");
    await writer.more(10);
    await writer.end();
    await writer.verify(url);
    await third.end();
  },
});
