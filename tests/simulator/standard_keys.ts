/**
 * The configuration keys that OCPP 1.6 (chapter 9), its errata and the security white paper (2.2) define, with the meaning of their values. Charge
 * points may have other keys.
 */
import type { FeatureProfile } from "../../ocpp/action.ts";

/** The type of a value. The elements of a list are separated by commas. */
export type ValueType = "boolean" | "integer" | "list" | "text";

/** A key that a specification defines. */
export interface StandardKey {
  readonly key: string;
  readonly profile: FeatureProfile;
  readonly type: ValueType;
  /** The unit of an integer: `s`, `Wh`, `%`, `bytes`; absent for a number without a unit. */
  readonly unit?: string;
  /** One sentence for an operator. */
  readonly meaning: string;
}

/** A row of the table below. */
type Row = readonly [profile: FeatureProfile, type: ValueType, unit: string, key: string, meaning: string];

// deno-fmt-ignore
const ROWS: readonly Row[] = [
  ["Core", "boolean", "", "AllowOfflineTxForUnknownId", "Whether unknown idTags may charge while offline."],
  ["Core", "boolean", "", "AuthorizationCacheEnabled", "Whether idTags are remembered from earlier answers."],
  ["Core", "boolean", "", "AuthorizeRemoteTxRequests", "Whether a remote start is preceded by an Authorize."],
  ["Core", "integer", "", "BlinkRepeat", "How often lights blink for a signal."],
  ["Core", "integer", "s", "ClockAlignedDataInterval", "Interval of meter values at full clock times; 0 = none."],
  ["Core", "integer", "s", "ConnectionTimeOut", "How long a started session waits for the cable."],
  ["Core", "list", "", "ConnectorPhaseRotation", "How the phases of each connector are wired, such as 1.RST."],
  ["Core", "integer", "", "ConnectorPhaseRotationMaxLength", "Most entries of ConnectorPhaseRotation."],
  ["Core", "integer", "", "GetConfigurationMaxKeys", "Most keys of one GetConfiguration."],
  ["Core", "integer", "s", "HeartbeatInterval", "Interval of Heartbeat."],
  ["Core", "integer", "%", "LightIntensity", "Brightness of the lights."],
  ["Core", "boolean", "", "LocalAuthorizeOffline", "Whether known idTags may charge while offline."],
  ["Core", "boolean", "", "LocalPreAuthorize", "Whether known idTags may charge before the answer to Authorize."],
  ["Core", "integer", "Wh", "MaxEnergyOnInvalidId", "What may be drawn after the idTag turned out invalid."],
  ["Core", "integer", "s", "MessageTimeout", "How long an answer is waited for (errata 3.82)."],
  ["Core", "list", "", "MeterValuesAlignedData", "Measurands of meter values at full clock times."],
  ["Core", "integer", "", "MeterValuesAlignedDataMaxLength", "Most entries of MeterValuesAlignedData."],
  ["Core", "list", "", "MeterValuesSampledData", "Measurands of meter values during a transaction."],
  ["Core", "integer", "", "MeterValuesSampledDataMaxLength", "Most entries of MeterValuesSampledData."],
  ["Core", "integer", "s", "MeterValueSampleInterval", "Interval of meter values during a transaction; 0 = none."],
  ["Core", "integer", "s", "MinimumStatusDuration", "How long a status must last before it is reported."],
  ["Core", "integer", "", "NumberOfConnectors", "How many connectors there are."],
  ["Core", "integer", "", "ResetRetries", "How often a failed reset is tried again."],
  ["Core", "integer", "", "StopTransactionMaxMeterValues", "Most meter values in a StopTransaction (errata 3.89)."],
  ["Core", "boolean", "", "StopTransactionOnEVSideDisconnect", "Whether unplugging at the car ends the transaction."],
  ["Core", "boolean", "", "StopTransactionOnInvalidId", "Whether an idTag that turns out invalid ends the transaction."],
  ["Core", "list", "", "StopTxnAlignedData", "Measurands at full clock times that StopTransaction carries."],
  ["Core", "integer", "", "StopTxnAlignedDataMaxLength", "Most entries of StopTxnAlignedData."],
  ["Core", "list", "", "StopTxnSampledData", "Measurands during the transaction that StopTransaction carries."],
  ["Core", "integer", "", "StopTxnSampledDataMaxLength", "Most entries of StopTxnSampledData."],
  ["Core", "list", "", "SupportedFeatureProfiles", "The feature profiles that the charge point has."],
  ["Core", "integer", "", "SupportedFeatureProfilesMaxLength", "Most entries of SupportedFeatureProfiles."],
  ["Core", "integer", "", "TransactionMessageAttempts", "How often a refused transaction message is sent before it is dropped."],
  ["Core", "integer", "s", "TransactionMessageRetryInterval", "Wait before the second try, longer with each further one."],
  ["Core", "boolean", "", "UnlockConnectorOnEVSideDisconnect", "Whether unplugging at the car unlocks the connector."],
  ["Core", "integer", "s", "WebSocketPingInterval", "Interval of WebSocket pings; 0 = none."],
  ["FirmwareManagement", "list", "", "SupportedFileTransferProtocols", "FTP, FTPS, HTTP, HTTPS (errata 3.88)."],
  ["LocalAuthListManagement", "boolean", "", "LocalAuthListEnabled", "Whether the local list is used."],
  ["LocalAuthListManagement", "integer", "", "LocalAuthListMaxLength", "Most idTags in the local list."],
  ["LocalAuthListManagement", "integer", "", "SendLocalListMaxLength", "Most idTags in one SendLocalList."],
  ["Reservation", "boolean", "", "ReserveConnectorZeroSupported", "Whether any connector can be reserved (connector 0)."],
  ["SmartCharging", "integer", "", "ChargeProfileMaxStackLevel", "The highest stack level."],
  ["SmartCharging", "list", "", "ChargingScheduleAllowedChargingRateUnit", "Current (A), Power (W) or both (errata 3.86)."],
  ["SmartCharging", "integer", "", "ChargingScheduleMaxPeriods", "Most periods of one charging schedule."],
  ["SmartCharging", "boolean", "", "ConnectorSwitch3to1PhaseSupported", "Whether it can change from three phases to one."],
  ["SmartCharging", "integer", "", "MaxChargingProfilesInstalled", "Most charging profiles at a time."],
  ["Security", "boolean", "", "AdditionalRootCertificateCheck", "Whether a new root must be signed by the one it replaces."],
  ["Security", "text", "", "AuthorizationKey", "The password of HTTP Basic, in hex; written, never read."],
  ["Security", "integer", "bytes", "CertificateSignedMaxChainSize", "The longest chain in a CertificateSigned."],
  ["Security", "integer", "", "CertificateStoreMaxLength", "Most root certificates at a time."],
  ["Security", "text", "", "CpoName", "The operator's name in certificates."],
  ["Security", "integer", "", "SecurityProfile", "How the connection is secured, 0 to 3; never lowered over OCPP."],
];

/** All keys of the specifications. */
const STANDARD_KEYS: readonly StandardKey[] = ROWS.map(([profile, type, unit, key, meaning]) => ({
  key,
  profile,
  type,
  ...(unit && { unit }),
  meaning,
}));

const byFoldedKey = new Map(STANDARD_KEYS.map((standard) => [standard.key.toLowerCase(), standard]));

/** The definition of a key, found without regard to case (CiString50); undefined for a vendor's key. */
export function findStandardKey(key: string): StandardKey | undefined {
  return byFoldedKey.get(key.toLowerCase());
}
