import sql, { join, raw, type Sql } from 'sql-template-tag'
import type { AlertHint } from './store.ts'

/**
 * Alertmanager retries a notification unchanged for up to one group_interval (5 min by default). A
 * firing hint for a series that was resolved less than this ago counts as such a late repeat.
 */
const lateRepeatMs = 10 * 60_000

/**
 * As JSON far below 2 MB, the limit of D1 for one value.
 * https://developers.cloudflare.com/d1/platform/limits/
 */
const hintsPerStatement = 500

/**
 * The statements that store these hints, for one transaction. There are a few for every 500 hints,
 * and the order of the hints does not matter. A fingerprint is a series; an alert fires while one
 * of its series does.
 */
export function hintStatements(hints: readonly AlertHint[], now: string): Sql[] {
  const firing = hints.filter((hint) => hint.status === 'firing')
  const resolved = hints.filter((hint) => hint.status === 'resolved')
  const lateBefore = new Date(Date.parse(now) - lateRepeatMs).toISOString()
  return [
    ...chunks(firing.filter((hint) => hint.polledAt === undefined)).map((chunk) =>
      fireUnlessLate(hintTable(chunk), lateBefore),
    ),
    ...chunks(firing.filter((hint) => hint.polledAt !== undefined)).map((chunk) =>
      fireUnlessResolvedSince(
        hintTable(chunk),
        chunk.map((hint) => hint.polledAt ?? '').sort()[0] ?? '',
      ),
    ),
    ...chunks(firing).map((chunk) => openAlerts(hintTable(chunk), now)),
    ...chunks(resolved).flatMap((chunk) => [
      resolve(hintTable(chunk), now),
      clearAlerts(hintTable(chunk), now),
    ]),
  ]
}

/** A common table expression `hint` with a row for each hint. */
function hintTable(hints: readonly AlertHint[]): Sql {
  const rows = hints.map(({ labels, links, endsAt, polledAt: _, ...hint }) => ({
    ...hint,
    endsAt: endsAt ?? '',
    labels: JSON.stringify(labels),
    links: JSON.stringify(links ?? {}),
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
    'links',
  ]
  return sql`with hint as (select ${join(names.map((name) => raw(`value ->> '$.${name}' as "${name}"`)))} from json_each(${JSON.stringify(rows)}))`
}

const key = raw('cluster, alertname, namespace, daemonset')

function fire(hints: Sql): Sql {
  return sql`${hints}
insert into fingerprint (${key}, fingerprint, "startsAt") select ${key}, fingerprint, "startsAt" from hint where true
on conflict (${key}, fingerprint) do update set "startsAt" = excluded."startsAt", "endsAt" = null, "resolvedAt" = null`
}

/** A webhook that came after the poll is newer than the poll. */
function fireUnlessResolvedSince(hints: Sql, polledAt: string): Sql {
  return sql`${fire(hints)}
where fingerprint."resolvedAt" is null or fingerprint."resolvedAt" < ${polledAt}`
}

function fireUnlessLate(hints: Sql, lateBefore: string): Sql {
  return sql`${fire(hints)}
where fingerprint."resolvedAt" is null or fingerprint."resolvedAt" < ${lateBefore}
  or excluded."startsAt" = '' or fingerprint."startsAt" <> excluded."startsAt"`
}

/**
 * Opens the alerts whose series fire by these hints. A closed one gets a new start and keeps its
 * incident.
 */
function openAlerts(hints: Sql, now: string): Sql {
  return sql`${hints}
insert into alert (${key}, state, "firstSeen", "lastSeen", "startsAt", labels, links, "absentPolls")
select ${key}, 'firing', ${now}, ${now}, min(case "startsAt" when '' then ${now} else "startsAt" end), max(labels), max(links), 0
from hint join fingerprint using (${key}, fingerprint, "startsAt")
where fingerprint."resolvedAt" is null
group by ${key}
on conflict (${key}) do update set state = 'firing', "lastSeen" = excluded."lastSeen", labels = excluded.labels, links = excluded.links, "absentPolls" = 0, closed = null,
  "firstSeen" = case when alert.closed is null then alert."firstSeen" else excluded."firstSeen" end,
  "startsAt" = case when alert.closed is null and alert."startsAt" < excluded."startsAt" then alert."startsAt" else excluded."startsAt" end`
}

/**
 * A series that started after `endsAt` keeps firing. A series that never fired here is stored too,
 * because its firing webhook may come later. `startsAt` is not part of the key: it changes when a
 * second Prometheus reports an earlier one.
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
  return Array.from({ length: Math.ceil(hints.length / hintsPerStatement) }, (_, index) =>
    hints.slice(index * hintsPerStatement, (index + 1) * hintsPerStatement),
  )
}
