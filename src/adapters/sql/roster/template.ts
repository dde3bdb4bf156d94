import { sql } from 'kysely';

import { DAY, MINUTE, type Instant } from '../../../domain/instant.js';
import { fitting } from '../bind-times.js';
import { ruleHolds } from '../counts.js';
import type { Decoded } from '../decode.js';
import { joinKey } from '../ids.js';
import { allOf } from '../logic.js';
import { UNLIMITED, type ResolvedTemplate } from '../schema/resolve-sessions.js';
import { wallAxis } from '../time/axis.js';
import { dateText, decodeDate } from '../time/texts.js';
import { laidOut, remembering, rosterDays, type Roster, type RosterContext } from './roster.js';

interface DayTexts {
  readonly id: readonly (string | null)[];
  readonly practitioner: string | null;
  readonly location: string | null;
  readonly date: string | null;
  readonly template: string | null;
}

interface TemplateTexts {
  readonly name: string | null;
  readonly code: string | null;
  readonly owner: string | null;
}

interface Raw {
  readonly days: readonly DayTexts[];
  readonly templates: readonly TemplateTexts[];
}

export async function bindTemplate(context: RosterContext, mapping: ResolvedTemplate): Promise<Roster> {
  const at = `schema.${mapping.label}`;
  const days = await context.open(`${mapping.label}.days`, mapping.table);
  const templates = await context.open(`${mapping.label}.template`, mapping.templates.table);
  const day = (field: string, name: string) => days.read(`${at}.days.${field}`, name);
  const ids = mapping.ids.map((name) => day('id', name).text);
  const practitioner = day('practitioner', mapping.practitioner).text;
  const location = mapping.location === null ? sql`null` : day('location', mapping.location).text;
  const dated = day('date', mapping.date);
  const date = fitting(`${at}.days.date`, context.engine.date(dated.reference, dated.type));
  const named = day('template', mapping.name).text;
  const template = (field: 'name' | 'code' | 'owner', name: string) =>
    templates.read(`${at}.template.${field}`, name).text;
  const name = template('name', mapping.templates.name);
  const code = template('code', mapping.templates.code);
  const owner = mapping.templates.owner === null ? sql`null` : template('owner', mapping.templates.owner);
  const rules = mapping.rules.map((rule) =>
    ruleHolds(context.engine, rule, day(`only.${rule.column}`, rule.column).text),
  );
  const layOut = remembering((raw: Raw, cutoff) =>
    raw.days.flatMap((each) => layDay(context, mapping, each, raw.templates, cutoff)),
  );
  const t = sql.id('t');
  return {
    label: mapping.label,
    tables: [
      { label: mapping.label, path: days.path },
      { label: `${mapping.label}.template`, path: templates.path },
    ],
    read: async (db, cutoff) => {
      const { first, last } = rosterDays(cutoff, context.zoneOf(null));
      const selected = ids.map((text, i) => sql`${text} as ${sql.id(`id${String(i)}`)}`);
      const found = await sql<Record<string, string | null>>`
        select ${sql.join(selected)}, ${practitioner} as practitioner, ${location} as location, ${dated.text} as ${sql.id('day')}, ${named} as template
        from ${sql.id(...days.path)} as ${t}
        where ${allOf([date.from(first), date.before(last + 1), ...rules])}
      `.execute(db);
      const shapes = await sql<Record<string, string | null>>`
        select ${name} as name, ${code} as code, ${owner} as owner from ${sql.id(...templates.path)} as ${t}
      `.execute(db);
      const raw: Raw = {
        days: found.rows.map((row) => ({
          id: ids.map((_, i) => row[`id${String(i)}`] ?? null),
          practitioner: row['practitioner'] ?? null,
          location: row['location'] ?? null,
          date: row['day'] ?? null,
          template: row['template'] ?? null,
        })),
        templates: shapes.rows.map((row) => ({
          name: row['name'] ?? null,
          code: row['code'] ?? null,
          owner: row['owner'] ?? null,
        })),
      };
      return layOut(raw, cutoff);
    },
  };
}

function layDay(
  context: RosterContext,
  mapping: ResolvedTemplate,
  texts: DayTexts,
  templates: readonly TemplateTexts[],
  cutoff: Instant,
): readonly Decoded[] {
  const id = context.outward(joinKey(texts.id.map((text) => text ?? '')));
  const skip = (field: string, rule: string): Decoded[] => [
    { skipped: { key: { stream: 'session', id }, field, rule } },
  ];
  if (texts.id.includes(null)) return skip('id', 'is NULL');
  const unlessNone = (text: string | null) => (text === null || mapping.none.includes(text) ? null : text);
  const [practitioner, location] = [unlessNone(texts.practitioner), unlessNone(texts.location)];
  if (practitioner === null) return skip('practitioner', 'names nobody');
  const day = texts.date === null ? undefined : decodeDate(texts.date);
  if (day === undefined) return skip('date', 'not a date');
  const code = templateFor(mapping, templates, texts.template, practitioner);
  // A day that names none is a day off.
  if (code === undefined) return texts.template === null ? [] : skip('template', 'is not there');
  const stretches = openStretches(code, mapping);
  if (!stretches) return skip('template', 'does not divide the day into whole minutes');
  const zone = context.zoneOf(location);
  const axis = wallAxis(zone, context.policy);
  return stretches.flatMap(({ from, to, width }) => {
    const start = axis.read(day * DAY + from * MINUTE);
    const end = axis.read(day * DAY + to * MINUTE);
    if (start === undefined || end === undefined || end <= cutoff || end <= start) return [];
    const slot = mapping.oneSlot ? to - from : typeof mapping.slot === 'number' ? mapping.slot : width;
    const capacity = typeof mapping.capacity === 'number' ? Math.min(mapping.capacity, UNLIMITED) : 1;
    const name = `${id}@${dateText(day)}T${clockText(from)}`;
    const row = {
      id: name,
      practitionerIds: [practitioner],
      locationId: location,
      start,
      end,
      zone,
      slotMs: slot * MINUTE,
    };
    return [laidOut(mapping.label, { ...row, ...(capacity !== 1 && { capacity }) })];
  });
}

/** Their own template of that name, else a public one, else, where templates belong to nobody, any. */
function templateFor(
  { templates: { owner, public: shared } }: ResolvedTemplate,
  templates: readonly TemplateTexts[],
  name: string | null,
  practitioner: string,
): string | undefined {
  const named = templates.filter((template) => template.name !== null && template.name === name);
  const own = named.find((template) => owner === null || template.owner === practitioner);
  const found = own ?? named.find((template) => template.owner !== null && shared.includes(template.owner));
  return found?.code ?? undefined;
}

/** The open stretches of a template, in minutes of the day; `undefined` for one whose characters are no whole minutes. */
export function openStretches(
  code: string,
  { closed, open }: Pick<ResolvedTemplate, 'closed' | 'open'>,
): { from: number; to: number; width: number }[] | undefined {
  const characters = Array.from(code);
  const width = (24 * 60) / characters.length;
  if (!Number.isInteger(width)) return undefined;
  const isOpen = (character: string) => !closed.includes(character) && (open === null || open.includes(character));
  const stretches: { from: number; to: number; width: number }[] = [];
  let before: string | undefined;
  characters.forEach((character, i) => {
    const last = stretches.at(-1);
    if (isOpen(character)) {
      if (last && before === character) last.to = (i + 1) * width;
      else stretches.push({ from: i * width, to: (i + 1) * width, width });
    }
    before = character;
  });
  return stretches;
}

function clockText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;
}
