import { assertEquals } from "@std/assert";
import { type Attempt, judge, type Wanted } from "../../../ocpp/firmware_management/firmware_target.ts";

function at(minutes: number): Date {
  return new Date(Date.UTC(2026, 2, 2, 2) + minutes * 60_000);
}

const attempt: Attempt = {
  isRegistered: true,
  isConnected: true,
  commandState: "answered",
  error: null,
  sentAt: at(0),
  status: null,
  since: null,
  version: "1.0",
  bootedAt: at(-600),
};

const wanted: Wanted = { version: null, retrieveDate: null, updateTimeoutSeconds: 7200 };

/** What is judged, in one word: the outcome, or the kind. */
function verdict(given: Partial<Attempt>, more: Partial<Wanted> = {}, now = at(10)): string {
  const judged = judge({ ...attempt, ...given }, { ...wanted, ...more }, now);
  return judged.kind === "ended" ? judged.outcome : judged.kind;
}

const version = { version: "2.0" };

const cases: [about: string, verdict: string, attempt: Partial<Attempt>, wanted?: Partial<Wanted>, minutes?: number][] =
  [
    ["nothing yet", "open", {}],
    ["no command under the id that was written down", "send", { commandState: null, sentAt: null }],
    ["a command that waits", "open", { commandState: "queued", sentAt: null }],
    ["a command that expired unsent", "notSent", { commandState: "expired", sentAt: null }],
    ["a connection that was lost before it went out", "notSent", { commandState: "connectionLost", sentAt: null }],
    ["a command that an operator cancelled", "aborted", { commandState: "cancelled", sentAt: null }],
    ["a charge point that is gone", "removed", { isRegistered: false }],
    ["Installed, no version wanted", "installed", { status: "Installed", since: at(5) }],
    ["a download that failed", "downloadFailed", { status: "DownloadFailed", since: at(5) }],
    ["an installation that failed", "installationFailed", { status: "InstallationFailed", since: at(5) }],
    ["a verification that failed", "installationFailed", { status: "InstallVerificationFailed", since: at(5) }],
    ["a wrong signature", "invalidSignature", { status: "InvalidSignature", since: at(5) }],
    ["the version booted with, no status at all", "installed", { version: "2.0", bootedAt: at(5) }, version],
    ["the version, but said before the command", "open", { version: "2.0" }, version],
    [
      "another version booted with while it installs",
      "open",
      { bootedAt: at(5), status: "Installing", since: at(4) },
      version,
    ],
    ["Installed, the reboot is still to come", "open", { status: "Installed", since: at(5) }, version],
    ["Installed, and booted with the version", "installed", {
      status: "Installed",
      since: at(5),
      version: "2.0",
      bootedAt: at(6),
    }, version],
    ["booted with the version, then Installed", "installed", {
      status: "Installed",
      since: at(6),
      version: "2.0",
      bootedAt: at(5),
    }, version],
    ["Installed, and booted with the old version", "versionMismatch", {
      status: "Installed",
      since: at(5),
      bootedAt: at(6),
    }, version],
    [
      "booted with the old version, then Installed",
      "open",
      { status: "Installed", since: at(6), bootedAt: at(5) },
      version,
    ],
    [
      "the same, and no other boot",
      "versionMismatch",
      { status: "Installed", since: at(6), bootedAt: at(5) },
      version,
      30,
    ],
    ["Installed, and no boot that says a version", "installed", { status: "Installed", since: at(5) }, version, 30],
    [
      "Installed, and a boot without a version",
      "installed",
      {
        status: "Installed",
        since: at(5),
        version: null,
        bootedAt: at(6),
      },
      version,
      30,
    ],
    ["a failure, and the version all the same", "installed", {
      status: "InstallationFailed",
      since: at(5),
      version: "2.0",
      bootedAt: at(6),
    }, version],
    ["NotSupported", "notSupported", { commandState: "callError", error: { code: "NotSupported", description: "" } }],
    ["NotImplemented", "notSupported", {
      commandState: "callError",
      error: { code: "NotImplemented", description: "" },
    }],
    ["another CALLERROR", "callError", {
      commandState: "callError",
      error: { code: "InternalError", description: "" },
    }],
    ["a CALLERROR, and a status all the same", "open", {
      commandState: "callError",
      error: { code: "InternalError", description: "" },
      status: "Downloading",
      since: at(5),
    }],
    ["no answer", "open", { commandState: "timedOut" }],
    ["no answer, and nothing else until the end", "timedOut", { commandState: "timedOut" }, {}, 120],
    ["a server that died after sending", "open", { commandState: "unknown" }],
    ["the same, and nothing else until the end", "timedOut", { commandState: "unknown" }, {}, 120],
    ["no answer, but Installed", "installed", { commandState: "timedOut", status: "Installed", since: at(5) }],
    ["an answer that was not as specified", "open", { commandState: "invalidAnswer" }],
    ["the end of the time, connected", "timedOut", { status: "Downloading", since: at(5) }, {}, 120],
    ["the end of the time, away", "neverCameBack", { status: "Installing", since: at(5), isConnected: false }, {}, 120],
    ["away, but not too long", "open", { status: "Installing", since: at(5), isConnected: false }, {}, 119],
    ["to be fetched tomorrow", "open", {}, { retrieveDate: at(1440) }, 1500],
    ["to be fetched yesterday", "timedOut", {}, { retrieveDate: at(-1440) }, 120],
  ];

for (const [about, expected, given, more, minutes] of cases) {
  Deno.test(`${about}: ${expected}`, () => assertEquals(verdict(given, more, at(minutes ?? 10)), expected));
}

Deno.test("who takes signed firmware only: the outcome says what to do", () => {
  const judged = judge(
    { ...attempt, commandState: "callError", error: { code: "NotSupported", description: "signed only" } },
    wanted,
    at(1),
  );
  assertEquals(judged, {
    kind: "ended",
    outcome: "notSupported",
    detail:
      "It answered UpdateFirmware with NotSupported. Where it takes signed firmware only, send it SignedUpdateFirmware",
  });
});
