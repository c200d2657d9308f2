import { z } from "zod";

/** The status of confirmations that know only these two values (RemoteStartStopStatus, ResetStatus and others). */
export const AcceptedOrRejected = z.enum(["Accepted", "Rejected"]);
