/**
 * A maintenance window: the part of each day in which firmware may be sent, in the local time of a time zone. It follows daylight saving
 * time: the window does not include the hour that is skipped in spring, and it includes the repeated hour in autumn twice.
 */

/** `from` and `to` are `HH:MM`; `to` is exclusive, and on the next day when it is not later than `from`. `timeZone` is an IANA name. */
export interface MaintenanceWindow {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** Whether an instant is in the window. If `from` equals `to`, the window is the whole day. */
export function isWithin({ from, to, timeZone }: MaintenanceWindow, instant: Date): boolean {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  const [time, start, end] = [hour * 60 + minute, minutesOf(from), minutesOf(to)];
  return start < end ? start <= time && time < end : time >= start || time < end;
}

/** Whether a text is the IANA name of a time zone, such as `Europe/Berlin` or `UTC`. An offset is not a name. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
