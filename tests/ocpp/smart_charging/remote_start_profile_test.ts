import { assertEquals } from "@std/assert";
import { waitForStartSeconds } from "../../../ocpp/smart_charging/remote_start_profile.ts";

const cases: [connectionTimeOut: string | null | undefined, seconds: number][] = [
  ["120", 180],
  ["1", 61],
  ["0", 360],
  ["soon", 360],
  [null, 360],
  [undefined, 360],
];

for (const [timeOut, seconds] of cases) {
  Deno.test(`with ConnectionTimeOut ${timeOut} the profile of a remote start waits ${seconds} s`, () => {
    assertEquals(waitForStartSeconds(timeOut), seconds);
  });
}
