import {
  ClinicSync,
  renderDescription,
  SEVERITIES,
  severityOf,
  worstOf,
  type ClinicDescription,
  type Severity,
} from '../../index.js';
import { EXIT } from '../exit.js';
import { stopWith } from '../failure.js';
import type { Output } from '../terminal/output.js';
import type { CliCommand } from './command.js';

interface DoctorOptions {
  readonly strict?: boolean;
}

const STYLES = { advice: 'cyan', warning: 'yellow', fault: 'red' } as const;

/** Looks once, with the login that reads; changes nothing, and needs no mirror. */
export const doctor: CliCommand<DoctorOptions> = {
  name: 'doctor',
  description: "says what the clinic's database is like, and what would make it better",
  declare: (command) => {
    command.option('--strict', 'exit with 1 for advice as well, not for warnings and faults alone');
  },
  run: async ({ config, output, interruption }, { strict = false }) => {
    const asked = await new ClinicSync(config).describe({ signal: interruption.signal });
    if (asked.isErr()) throw stopWith(asked.error);
    const description = asked.value;
    const worst = worstOf(description);
    const counts = countsOf(description);
    const findings = description.findings.map((finding) => ({ severity: severityOf(finding), ...finding }));
    output.answer({ clinicId: config.clinicId, ...description, worst, counts, findings }, () => [
      `clinic ${config.clinicId}`,
      ...coloured(renderDescription(description), output),
      '',
      summaryOf(counts),
    ]);
    const bad = SEVERITIES.indexOf(worst) >= SEVERITIES.indexOf(strict ? 'advice' : 'warning');
    return bad ? EXIT.found : EXIT.fine;
  },
};

function countsOf({ findings }: ClinicDescription): Record<Severity, number> {
  const counts = { note: 0, advice: 0, warning: 0, fault: 0 };
  for (const finding of findings) counts[severityOf(finding)]++;
  return counts;
}

function summaryOf({ fault, warning, advice }: Readonly<Record<Severity, number>>): string {
  const parts = [
    [fault, fault === 1 ? 'fault' : 'faults'],
    [warning, warning === 1 ? 'warning' : 'warnings'],
    [advice, advice === 1 ? 'piece of advice' : 'pieces of advice'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, what]) => `${String(count)} ${what}`);
  return told.length === 0 ? 'nothing to mend' : told.join(', ');
}

/** Each finding's first line by its mark. */
function coloured(text: string, output: Output): string[] {
  const byMark = new Map([
    ['·', STYLES.advice],
    ['!', STYLES.warning],
    ['✗', STYLES.fault],
  ]);
  return text.split('\n').map((line) => {
    const style = byMark.get(line.slice(0, 1));
    return style === undefined ? line : output.styled(style, line);
  });
}
