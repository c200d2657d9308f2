/**
 * Numbers of connectors (OCPP 1.6 3.11 of its glossary: 1 to n without gaps, 0 for the whole charge point or its main controller).
 * No upper bound: an unknown connector is the charge point's to judge, or an oddity to record.
 */
import { z } from "zod";

/** Connector 0 is no connector: it stands for the charge point as a whole. */
export const WHOLE_CHARGE_POINT = 0;

/** A connector, or 0 for the whole charge point. */
export const ConnectorOrWhole = z.int().min(WHOLE_CHARGE_POINT).describe("0 means the whole charge point");

/** One real connector, counted from 1. */
export const ConnectorId = z.int().min(1).describe("Counted from 1");
