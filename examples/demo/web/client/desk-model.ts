import type { Refused, Written } from '../desk.js';
import { madeUpName } from '../names.js';
import { desk, type Diary } from './server.js';
import { clock, dayName } from './times.js';

const REFUSED: Readonly<Record<Refused['refused'], string>> = {
  taken: 'The diary says no: that time is taken.',
  'no session': 'There is no session at that time.',
  gone: 'That appointment is not there any more.',
  full: 'No later time is free that day.',
};

/** The diary that lies open at the front desk. */
export class DeskModel {
  /** Of the page that is open; `null` until it has been read. */
  diary: Diary | null = null;
  said = '';
  private reads = 0;
  private callers = 0;

  constructor(
    private readonly draw: () => void,
    public practitioner: string,
    public day: string,
  ) {}

  open(practitioner: string, day: string): void {
    if (practitioner === this.practitioner && day === this.day) return;
    this.practitioner = practitioner;
    this.day = day;
    this.diary = null;
    this.draw();
    void this.read();
  }

  async read(): Promise<void> {
    const nth = ++this.reads;
    const diary = await desk.diary(this.practitioner, this.day).catch(() => null);
    if (nth !== this.reads || !diary) return;
    this.diary = diary;
    this.draw();
  }

  book = (starts: string) => this.act(desk.book({ ...this.place(starts), patient: this.nextCaller() }));
  squeeze = (starts: string) => this.act(desk.squeeze({ ...this.place(starts), patient: this.nextCaller() }));
  cancel = (id: number) => this.act(desk.cancel(id));
  move = (id: number) => this.act(desk.move(id));

  private async act(work: Promise<Written | Refused>): Promise<void> {
    const answer = await work;
    this.said = 'refused' in answer ? REFUSED[answer.refused] : sentence(answer);
    await this.read();
  }

  private place(starts: string) {
    return { practitioner: Number(this.practitioner), starts };
  }

  private nextCaller(): string {
    return madeUpName(++this.callers * 5);
  }
}

function sentence({ what, before, after }: Written): string {
  if (what === 'moved' && before && after) return `Moved from ${clock(before.starts)} to ${clock(after.starts)}.`;
  const place = after ?? before;
  const word = what.charAt(0).toUpperCase() + what.slice(1);
  return place ? `${word}: ${dayName(place.starts)}, ${clock(place.starts)}.` : '';
}
