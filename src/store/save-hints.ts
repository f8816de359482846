import sql, { join, raw, type Sql } from 'sql-template-tag'
import type { AlertHint } from './store.ts'

/**
 * Alertmanager repeats a notification, byte for byte, within one round of delivery, which lasts one group_interval. A firing one about a
 * series that was resolved less than this ago is taken for such a late repeat; afterwards it is news. Milliseconds.
 */
const lateRepeatMs = 10 * 60_000

/** Hints for each set of statements: as JSON they stay far below the 2 MB that D1 takes as one value. */
const atOnce = 500

/**
 * The statements that store these hints, to be run as one: their number does not grow with that of the hints, and their order within one
 * call does not matter. Series are told apart by fingerprint; the alert fires while one of its series does.
 */
export function savingOf(hints: readonly AlertHint[], now: string): Sql[] {
  const firing = hints.filter((hint) => hint.status === 'firing')
  const resolved = hints.filter((hint) => hint.status === 'resolved')
  const lateBefore = new Date(Date.parse(now) - lateRepeatMs).toISOString()
  return [
    ...chunks(firing.filter((hint) => hint.polledAt === undefined)).map((chunk) =>
      fireUnlessLate(table(chunk), lateBefore),
    ),
    ...chunks(firing.filter((hint) => hint.polledAt !== undefined)).map((chunk) =>
      fireUnlessResolvedSince(
        table(chunk),
        chunk.map((hint) => hint.polledAt ?? '').sort()[0] ?? '',
      ),
    ),
    ...chunks(firing).map((chunk) => openAlerts(table(chunk), now)),
    ...chunks(resolved).flatMap((chunk) => [
      resolve(table(chunk), now),
      clearAlerts(table(chunk), now),
    ]),
  ]
}

/** A common table expression `hint` with one row for each hint. */
function table(hints: readonly AlertHint[]): Sql {
  const rows = hints.map(({ labels, endsAt, polledAt: _, ...hint }) => ({
    ...hint,
    endsAt: endsAt ?? '',
    labels: JSON.stringify(labels),
  }))
  const names = [
    'cluster',
    'alertname',
    'namespace',
    'daemonset',
    'fingerprint',
    'startsAt',
    'endsAt',
    'labels',
  ]
  return sql`with hint as (select ${join(names.map((name) => raw(`value ->> '$.${name}' as "${name}"`)))} from json_each(${JSON.stringify(rows)}))`
}

const key = raw('cluster, alertname, namespace, daemonset')

function fire(hints: Sql): Sql {
  return sql`${hints}
insert into fingerprint (${key}, fingerprint, "startsAt") select ${key}, fingerprint, "startsAt" from hint where true
on conflict (${key}, fingerprint) do update set "startsAt" = excluded."startsAt", "endsAt" = null, "resolvedAt" = null`
}

/** `asked`: when Alertmanager was asked. What a webhook has said since then is the newer word. */
function fireUnlessResolvedSince(hints: Sql, asked: string): Sql {
  return sql`${fire(hints)}
where fingerprint."resolvedAt" is null or fingerprint."resolvedAt" < ${asked}`
}

function fireUnlessLate(hints: Sql, lateBefore: string): Sql {
  return sql`${fire(hints)}
where fingerprint."resolvedAt" is null or fingerprint."resolvedAt" < ${lateBefore}
  or excluded."startsAt" = '' or fingerprint."startsAt" <> excluded."startsAt"`
}

/** Opens the alerts of the series that fire now by these hints; one that was closed begins anew, in the incident that it had. */
function openAlerts(hints: Sql, now: string): Sql {
  return sql`${hints}
insert into alert (${key}, state, "firstSeen", "lastSeen", "startsAt", labels, "absentPolls")
select ${key}, 'firing', ${now}, ${now}, min(case "startsAt" when '' then ${now} else "startsAt" end), max(labels), 0
from hint join fingerprint using (${key}, fingerprint, "startsAt")
where fingerprint."resolvedAt" is null
group by ${key}
on conflict (${key}) do update set state = 'firing', "lastSeen" = excluded."lastSeen", labels = excluded.labels, "absentPolls" = 0, closed = null,
  "firstSeen" = case when alert.closed is null then alert."firstSeen" else excluded."firstSeen" end,
  "startsAt" = case when alert.closed is null and alert."startsAt" < excluded."startsAt" then alert."startsAt" else excluded."startsAt" end`
}

/**
 * A series that has begun after the end that the hint tells of fires on. One that never fired here is kept too: its firing notification may
 * still be on its way. startsAt is no key, since it moves when a second Prometheus reports an earlier one.
 */
function resolve(hints: Sql, now: string): Sql {
  return sql`${hints}
insert into fingerprint (${key}, fingerprint, "startsAt", "endsAt", "resolvedAt")
select ${key}, fingerprint, "startsAt", "endsAt", ${now} from hint where true
on conflict (${key}, fingerprint) do update set "endsAt" = excluded."endsAt", "resolvedAt" = excluded."resolvedAt",
  "startsAt" = case when excluded."startsAt" > fingerprint."startsAt" then excluded."startsAt" else fingerprint."startsAt" end
where excluded."endsAt" = '' or fingerprint."startsAt" <= excluded."endsAt"`
}

function clearAlerts(hints: Sql, now: string): Sql {
  return sql`${hints}
update alert set state = 'absent', "lastSeen" = ${now}
where closed is null and state = 'firing' and (${key}) in (select ${key} from hint)
  and not exists (
    select 1 from fingerprint as series
    where series.cluster = alert.cluster and series.alertname = alert.alertname and series.namespace = alert.namespace
      and series.daemonset = alert.daemonset and series."resolvedAt" is null)`
}

function chunks(hints: readonly AlertHint[]): AlertHint[][] {
  return Array.from({ length: Math.ceil(hints.length / atOnce) }, (_, index) =>
    hints.slice(index * atOnce, (index + 1) * atOnce),
  )
}
