/**
 * A maintenance window: the part of each day in which firmware may be sent, by the clocks on the walls of a place. Both ends are times of the day there,
 * so the window follows daylight saving time: an hour that is left out in spring is not in it, an hour that comes twice in autumn is in it twice.
 */

/** `from` and `to` as `HH:MM`; `to` is no longer in it, and is on the next day when it is not later. `timeZone` is an IANA name. */
export interface MaintenanceWindow {
  readonly from: string;
  readonly to: string;
  readonly timeZone: string;
}

/** Whether an instant is in the window. Equal ends are the whole day. */
export function isWithin({ from, to, timeZone }: MaintenanceWindow, instant: Date): boolean {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  const [time, start, end] = [hour * 60 + minute, minutesOf(from), minutesOf(to)];
  return start < end ? start <= time && time < end : time >= start || time < end;
}

/** Whether a name is one of a time zone that has rules: `Europe/Berlin`, `UTC`; an offset has none. */
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
