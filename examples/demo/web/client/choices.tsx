import { dayName } from './times.js';

interface ChoiceProps {
  readonly label: string;
  readonly id: string;
  readonly value: string;
  readonly children: readonly { readonly id: string; readonly name: string }[];
  onValue(value: string): void;
}

export function Choice({ label, id, value, children, onValue }: ChoiceProps) {
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select id={id} onChange={(event: Event) => onValue((event.currentTarget as HTMLSelectElement).value)}>
        {children.map((each) => (
          <option key={each.id} value={each.id} selected={each.id === value}>
            {each.name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface DayProps {
  readonly label: string;
  readonly days: readonly string[];
  readonly day: string;
  onDay(day: string): void;
}

/** One day after another; a native select does the rest. */
export function DayChoice({ label, days, day, onDay }: DayProps) {
  const at = days.indexOf(day);
  const to = (step: number) => {
    const next = days[at + step];
    if (next !== undefined) onDay(next);
  };
  const id = label.toLowerCase().replaceAll(' ', '-');
  return (
    <div class="day">
      <button type="button" class="step" aria-label={`${label}: one earlier`} disabled={at <= 0} onClick={() => to(-1)}>
        ‹
      </button>
      <Choice label={label} id={id} value={day} onValue={onDay}>
        {days.map((each) => ({ id: each, name: dayName(each) }))}
      </Choice>
      <button
        type="button"
        class="step"
        aria-label={`${label}: one later`}
        disabled={at >= days.length - 1}
        onClick={() => to(1)}
      >
        ›
      </button>
    </div>
  );
}
