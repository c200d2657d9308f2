/**
 * The description of an OCPP action: its name, which side may send it, and the schemas of its two payloads. The folder of each feature
 * profile has one file per action, which calls `defineAction`. Types, wire checks, HTTP routes, OpenAPI entries and generic tests are
 * all derived from that description.
 */
import type { z } from "zod";

/** The feature profiles of OCPP 1.6 (table 3 of its chapter 1.4) and the security extension. */
export type FeatureProfile =
  | "Core"
  | "FirmwareManagement"
  | "SmartCharging"
  | "Reservation"
  | "LocalAuthListManagement"
  | "RemoteTrigger"
  | "Security";

/** The side that sends the request. DataTransfer is the only action that both sides may send. */
export type Initiator = "ChargePoint" | "CentralSystem" | "Both";

/** One OCPP action, as its own file describes it. */
export interface Action<
  Name extends string = string,
  By extends Initiator = Initiator,
  Request extends z.ZodType = z.ZodType,
  Confirmation extends z.ZodType = z.ZodType,
> {
  /** The name in the specification. The wire, the URL and the log use it unchanged. */
  readonly name: Name;
  readonly initiatedBy: By;
  readonly profile: FeatureProfile;
  /** Section of OCPP 1.6 edition 2 (or of the security white paper) that describes it. */
  readonly spec: string;
  /** One sentence for an operator: what the action does and when to use it. */
  readonly summary: string;
  readonly request: Request;
  readonly confirmation: Confirmation;
  readonly example: { readonly request: z.infer<Request>; readonly confirmation: z.infer<Confirmation> };
  /**
   * Whether an operator's request waits for an offline charge point. `queue` only where a late execution is harmless: a remote start
   * that happens an hour later is not. Required for every action that the Central System initiates.
   */
  readonly whenOffline: By extends "ChargePoint" ? undefined : "queue" | "refuse";
}

type Described<Name extends string, By extends Initiator, Request extends z.ZodType, Confirmation extends z.ZodType> =
  & Omit<Action<Name, By, Request, Confirmation>, "example" | "whenOffline">
  & {
    // NoInfer: the example must fit the schemas, not widen their enums to string.
    readonly example: {
      readonly request: NoInfer<z.infer<Request>>;
      readonly confirmation: NoInfer<z.infer<Confirmation>>;
    };
  }
  & (By extends "ChargePoint" ? { readonly whenOffline?: undefined } : { readonly whenOffline: "queue" | "refuse" });

/** Describes one action. It returns its argument; its type makes the example fit the schemas. */
export function defineAction<
  const Name extends string,
  const By extends Initiator,
  Request extends z.ZodType,
  Confirmation extends z.ZodType,
>(description: Described<Name, By, Request, Confirmation>): Action<Name, By, Request, Confirmation> {
  return description as Action<Name, By, Request, Confirmation>;
}
