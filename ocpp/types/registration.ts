import { z } from "zod";

/** 7.37 RegistrationStatus: whether a charge point may take part. Pending charge points may be asked and configured, rejected ones not. */
export const RegistrationStatus = z.enum(["Accepted", "Pending", "Rejected"]);

/** One of the three words of RegistrationStatus. */
export type RegistrationStatus = z.infer<typeof RegistrationStatus>;
