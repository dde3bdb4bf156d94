/** Everything that the page knows. Components are functions of it; whatever changes it calls `draw`. */
import { DeskModel } from './desk-model.js';
import { LiveModel } from './live-model.js';
import { PatientModel } from './patient-model.js';
import { race } from './race.js';
import { throwSwitch, type ApiSlot, type Practice } from './server.js';

/** The practice's program looks into its database again, whatever happened. */
const DESK_READS_MS = 2_000;

export class Model {
  readonly desk: DeskModel;
  readonly patient: PatientModel;
  readonly live: LiveModel;
  raced = '';
  racing = false;
  /** Set by whoever draws. */
  onChange: () => void = () => undefined;
  private drawing = false;
  private phase: string | undefined;

  constructor(readonly practice: Practice) {
    const [practitioner, day] = [practice.practitioners[0]?.id ?? '', practice.days[0] ?? ''];
    this.desk = new DeskModel(this.draw, practitioner, day);
    this.patient = new PatientModel(this.draw, practitioner, day);
    this.live = new LiveModel((entry) => {
      const phase = this.live.state?.status.phase;
      if (entry || phase !== this.phase) {
        this.phase = phase;
        void this.patient.look();
        void this.desk.read();
      }
      if (entry) void this.patient.heard(entry);
      this.draw();
    });
    void this.desk.read();
    void this.patient.look();
    setInterval(() => {
      if (!document.hidden) void this.desk.read();
    }, DESK_READS_MS);
  }

  /** Once for all changes of one moment. */
  readonly draw = (): void => {
    if (this.drawing) return;
    this.drawing = true;
    queueMicrotask(() => {
      this.drawing = false;
      this.onChange();
    });
  };

  /** The desk opens the diary that the patient looks at, until it turns a page itself. */
  show(practitioner: string, day: string): void {
    this.patient.show(practitioner, day);
    this.desk.open(practitioner, day);
  }

  /** The time that a race is for. */
  get prize(): ApiSlot | null {
    const { chosen, free } = this.patient;
    return free.find(({ start }) => start === chosen?.start) ?? free[0] ?? null;
  }

  async race(): Promise<void> {
    const { prize } = this;
    if (!prize) return;
    this.racing = true;
    this.patient.close();
    const { text, booking } = await race(prize);
    this.raced = text;
    this.racing = false;
    this.patient.add(booking);
  }

  async throwSwitch(cut: boolean): Promise<void> {
    await throwSwitch(cut);
  }
}
