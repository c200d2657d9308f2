/**
 * A firmware campaign as the API shows it: its settings and its progress.
 */
import { z } from "zod";
import { maySend } from "../../../actors/firmware_management/campaign_decision.ts";
import type { FirmwareCampaign as Row } from "../../../db/firmware_management/firmware_campaigns.ts";
import { progressOf, type TargetCount } from "../../../ocpp/firmware_management/firmware_campaign.ts";
import { TARGET_OUTCOMES } from "../../../ocpp/firmware_management/firmware_target.ts";
import { objectionTo } from "../../../ocpp/operator_rules.ts";
import { FileLocation } from "../../../ocpp/types/file_location.ts";
import { identity, moment, searchText, timeZone } from "../../http/fields.ts";
import { scheme } from "./scheme.ts";

const DAY_SECONDS = 86_400;

/** The most identities that one campaign can name. Labels and models select any number. */
const NAMED_MAX = 10_000;

const percent = z.number().min(0).max(100);

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "A time of the day, HH:MM").meta({ example: "02:00" });

/** The conditions that select the charge points. */
export const Targets = z.strictObject({
  chargePoints: z.array(identity).min(1).max(NAMED_MAX).optional(),
  label: searchText.optional().meta({ description: "`name` or `name=value`" }),
  vendor: searchText.optional(),
  model: searchText.optional(),
  firmwareVersion: searchText.optional().meta({ description: "The version in the last BootNotification" }),
}).refine((targets) => Object.values(targets).some((each) => each !== undefined), "Give at least one condition")
  .meta({ description: "The charge points that meet all given conditions. Give at least one" });

const Window = z.strictObject({
  from: timeOfDay,
  to: timeOfDay.meta({
    description: "The end, which is outside. It is on the next day when it is not later than `from`",
  }),
  timeZone,
}).meta({ description: "The maintenance window in local time. Nothing is sent outside it" });

const location = FileLocation.superRefine((text, context) => {
  const objection = objectionTo("UpdateFirmware", { location: text, retrieveDate: "" }, { securityProfile: 0 });
  if (objection) context.addIssue({ code: "custom", message: objection.detail });
});

const fields = {
  scheme,
  name: z.string().max(200),
  version: z.string().min(1).max(50).nullable().meta({
    description:
      "The firmware version after the update. A BootNotification with it proves that the update is installed. Charge points that have it " +
      "already are left out",
  }),
  retrieveDate: moment.nullable().meta({
    description: "The charge points download the image after this time; null: at once",
  }),
  targets: Targets,
  waves: z.array(percent.gt(0)).min(1).max(100).refine(
    (waves) => waves.at(-1) === 100 && waves.every((each, index) => index === 0 || each > waves[index - 1]!),
    "Give rising percentages that end with 100",
  ).meta({
    description: "For each wave: the percentage of targets in it and in those before it",
    example: [5, 50, 100],
  }),
  maxConcurrent: z.int().min(1).max(10_000).meta({ description: "The most updates at the same time" }),
  abortAboveFailures: percent.meta({
    description:
      "The campaign is aborted when more than this percentage of the released targets has failed; 100: never",
  }),
  retries: z.int().min(0).max(10).meta({
    description: "Further attempts after a failure that the charge point reported",
  }),
  retryIntervalSeconds: z.int().min(0).max(DAY_SECONDS),
  updateTimeoutSeconds: z.int().min(60).max(7 * DAY_SECONDS)
    .meta({ description: "An update that is not proved to be installed after this time has failed" }),
  window: Window.nullable(),
  sendUntil: moment.nullable().meta({
    description: "Targets that still wait at this time end as `expired`; null: they wait without a limit",
  }),
};

/** The body that creates a campaign. */
export const NewCampaign = z.strictObject({
  location: location.nullable().default(null).meta({ description: "The URL of the image. Give either this or `file`" }),
  file: z.uuid().nullable().default(null).meta({
    description: "The id of a file that was uploaded here; each charge point gets an address of its own",
  }),
  scheme: fields.scheme.default("http"),
  name: fields.name.default(""),
  version: fields.version.default(null),
  retrieveDate: fields.retrieveDate.default(null),
  targets: fields.targets,
  waves: fields.waves.default([5, 50, 100]),
  maxConcurrent: fields.maxConcurrent.default(10),
  abortAboveFailures: fields.abortAboveFailures.default(10),
  retries: fields.retries.default(1),
  retryIntervalSeconds: fields.retryIntervalSeconds.default(300),
  updateTimeoutSeconds: fields.updateTimeoutSeconds.default(7200),
  window: fields.window.default(null),
  sendUntil: fields.sendUntil.default(null),
}).meta({ id: "NewFirmwareCampaign" });

/** The outcomes of a target. */
export const targetOutcome = z.enum(TARGET_OUTCOMES);

/** The state of a campaign; `draft` is the first. */
export const campaignState = z.enum(["draft", "running", "paused", "completed", "aborted"]);

const Progress = z.object({
  targets: z.int().meta({ description: "All targets except those that were left out" }),
  released: z.int().meta({ description: "Targets in the waves that have begun" }),
  waiting: z.int(),
  commanded: z.int().meta({ description: "Targets whose update is running" }),
  installed: z.int(),
  failed: z.int(),
  skipped: z.int().meta({
    description: "Charge points that were left out: up to date, unknown, or in another campaign",
  }),
  outcomes: z.partialRecord(targetOutcome, z.int()).meta({ description: "The targets that have ended, by outcome" }),
}).meta({ id: "FirmwareCampaignProgress" });

/** A campaign in responses. */
export const Campaign = z.object({
  id: z.string(),
  location: z.string().nullable(),
  file: z.string().nullable(),
  ...fields,
  state: campaignState,
  reason: z.string().nullable().meta({ description: "Why the campaign aborted itself; null when an operator did" }),
  wave: z.int().meta({ description: "The number of the latest wave, counted from 1; 0: none has begun" }),
  isSending: z.boolean().meta({ description: "true: the campaign is running and its maintenance window is open" }),
  progress: Progress,
  requestedBy: z.string().nullable().meta({ description: "The id of the API key" }),
  createdAt: moment,
  startedAt: moment.nullable(),
  endedAt: moment.nullable(),
}).meta({ id: "FirmwareCampaign" });

/** A row with its progress. */
export function viewOf(row: Row, counts: readonly TargetCount[], now: Date): z.output<typeof Campaign> {
  const { maintenanceWindow: window, ...shown } = row;
  return { ...shown, window, isSending: maySend(row, now), progress: progressOf(counts, row.wave) };
}
