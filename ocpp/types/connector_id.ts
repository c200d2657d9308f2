/**
 * Connector ids (OCPP 1.6 3.11: 1 to n without gaps; 0 is the whole charge point or its main controller). They have no upper
 * bound: the charge point refuses an unknown connector, and a reported one is recorded.
 */
import { z } from "zod";

/** Connector 0: the charge point as a whole, not a connector. */
export const WHOLE_CHARGE_POINT = 0;

/** A connector, or 0 for the whole charge point. */
export const ConnectorOrWhole = z.int().min(WHOLE_CHARGE_POINT).describe("0 means the whole charge point");

/** One real connector, counted from 1. */
export const ConnectorId = z.int().min(1).describe("Counted from 1");
