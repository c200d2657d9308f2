/**
 * What an OCPP action is: its name, who may send it, and the two payloads. Every file below a feature profile's folder
 * describes one action with `defineAction`; types, wire checks, HTTP routes, OpenAPI entries and generic tests are all
 * read off that one description and are written nowhere else.
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

/** Who sends the request. DataTransfer is the one action that both sides may send. */
export type Initiator = "ChargePoint" | "CentralSystem" | "Both";

/** One OCPP action, as its own file describes it. */
export interface Action<
  Name extends string = string,
  By extends Initiator = Initiator,
  Request extends z.ZodType = z.ZodType,
  Confirmation extends z.ZodType = z.ZodType,
> {
  /** The specification's name: the word on the wire, in the URL and in the log. */
  readonly name: Name;
  readonly initiatedBy: By;
  readonly profile: FeatureProfile;
  /** Section of OCPP 1.6 edition 2 (or of the security white paper) that describes it. */
  readonly spec: string;
  /** One sentence for an operator: what it does and when to want it. */
  readonly summary: string;
  readonly request: Request;
  readonly confirmation: Confirmation;
  readonly example: { readonly request: z.infer<Request>; readonly confirmation: z.infer<Confirmation> };
  /**
   * May an operator's request wait for an offline charge point? `queue` only where doing it late is harmless;
   * a remote start that happens an hour later is not. Said for every action that a Central System initiates.
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

/** Describes one action. The identity function, typed so that the example must fit its own schemas. */
export function defineAction<
  const Name extends string,
  const By extends Initiator,
  Request extends z.ZodType,
  Confirmation extends z.ZodType,
>(description: Described<Name, By, Request, Confirmation>): Action<Name, By, Request, Confirmation> {
  return description as Action<Name, By, Request, Confirmation>;
}
