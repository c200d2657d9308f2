import { assertEquals, assertRejects } from "@std/assert";
import { fileResponse } from "../../../api/http/file_answer.ts";
import { FakeClock } from "../../fake_clock.ts";

Deno.test("a file whose client takes nothing is closed, also when the client never began", async () => {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, "firmware");
  const served = {
    name: "image.bin",
    bytes: 8,
    sha256: "00",
    modifiedAt: new Date(0),
    open: () => Deno.open(path),
  };
  const clock = new FakeClock();
  const untouched = await fileResponse(served, new Request("http://localhost/files/x"), clock);
  await clock.advance(60_000);
  await assertRejects(() => untouched.text(), Error, "The client has taken nothing for 60 s");
  const taken = await fileResponse(served, new Request("http://localhost/files/x"), clock);
  assertEquals(await taken.text(), "firmware");
  assertEquals(clock.pending, 0);
  await Deno.remove(path);
});
