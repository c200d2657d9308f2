import { assertEquals } from "@std/assert";
import { type Attempt, judge, type UpdateSettings } from "../../../ocpp/firmware_management/firmware_target.ts";

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

const settings: UpdateSettings = { version: null, retrieveDate: null, updateTimeoutSeconds: 7200 };

/** The decision in one word: the outcome, or the kind. */
function verdict(given: Partial<Attempt>, more: Partial<UpdateSettings> = {}, now = at(10)): string {
  const decided = judge({ ...attempt, ...given }, { ...settings, ...more }, now);
  return decided.kind === "ended" ? decided.outcome : decided.kind;
}

const version = { version: "2.0" };

const cases: [
  about: string,
  verdict: string,
  attempt: Partial<Attempt>,
  settings?: Partial<UpdateSettings>,
  minutes?: number,
][] = [
  ["no report yet", "open", {}],
  ["no command with the id of the target", "send", { commandState: null, sentAt: null }],
  ["a command that waits", "open", { commandState: "queued", sentAt: null }],
  ["a command that expired unsent", "notSent", { commandState: "expired", sentAt: null }],
  ["a connection that was lost before the CALL was sent", "notSent", { commandState: "connectionLost", sentAt: null }],
  ["a command that an operator cancelled", "aborted", { commandState: "cancelled", sentAt: null }],
  ["a charge point that is no longer registered", "removed", { isRegistered: false }],
  ["Installed, no version given", "installed", { status: "Installed", since: at(5) }],
  ["a download that failed", "downloadFailed", { status: "DownloadFailed", since: at(5) }],
  ["an installation that failed", "installationFailed", { status: "InstallationFailed", since: at(5) }],
  ["a verification that failed", "installationFailed", { status: "InstallVerificationFailed", since: at(5) }],
  ["a wrong signature", "invalidSignature", { status: "InvalidSignature", since: at(5) }],
  ["a boot with the version, no status", "installed", { version: "2.0", bootedAt: at(5) }, version],
  ["the version, but from a boot before the command", "open", { version: "2.0" }, version],
  [
    "a boot with another version while it installs",
    "open",
    { bootedAt: at(5), status: "Installing", since: at(4) },
    version,
  ],
  ["Installed, before the reboot", "open", { status: "Installed", since: at(5) }, version],
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
    "the same, and no further boot within the grace period",
    "versionMismatch",
    { status: "Installed", since: at(6), bootedAt: at(5) },
    version,
    30,
  ],
  ["Installed, and no boot within the grace period", "installed", { status: "Installed", since: at(5) }, version, 30],
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
  ["a failure, but a boot with the version", "installed", {
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
  ["a CALLERROR, but a status", "open", {
    commandState: "callError",
    error: { code: "InternalError", description: "" },
    status: "Downloading",
    since: at(5),
  }],
  ["no answer", "open", { commandState: "timedOut" }],
  ["no answer, and no report until the timeout", "timedOut", { commandState: "timedOut" }, {}, 120],
  ["a server that crashed after sending", "open", { commandState: "unknown" }],
  ["the same, and no report until the timeout", "timedOut", { commandState: "unknown" }, {}, 120],
  ["no answer, but Installed", "installed", { commandState: "timedOut", status: "Installed", since: at(5) }],
  ["an invalid answer", "open", { commandState: "invalidAnswer" }],
  ["the timeout, connected", "timedOut", { status: "Downloading", since: at(5) }, {}, 120],
  ["the timeout, offline", "neverCameBack", { status: "Installing", since: at(5), isConnected: false }, {}, 120],
  ["offline before the timeout", "open", { status: "Installing", since: at(5), isConnected: false }, {}, 119],
  ["a retrieveDate tomorrow", "open", {}, { retrieveDate: at(1440) }, 1500],
  ["a retrieveDate yesterday", "timedOut", {}, { retrieveDate: at(-1440) }, 120],
];

for (const [about, expected, given, more, minutes] of cases) {
  Deno.test(`${about}: ${expected}`, () => assertEquals(verdict(given, more, at(minutes ?? 10)), expected));
}

Deno.test("NotSupported: the detail says what to do if the charge point accepts only signed firmware", () => {
  const decided = judge(
    { ...attempt, commandState: "callError", error: { code: "NotSupported", description: "signed only" } },
    settings,
    at(1),
  );
  assertEquals(decided, {
    kind: "ended",
    outcome: "notSupported",
    detail:
      "It answered UpdateFirmware with NotSupported. If it accepts only signed firmware, send SignedUpdateFirmware",
  });
});
