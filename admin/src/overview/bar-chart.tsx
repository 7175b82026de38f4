import { Box, Table, TableBody, TableCell, TableHead, TableRow, Typography, useTheme } from '@mui/material';
import type { ReactNode } from 'react';
import { useId } from 'react';

/** The numbers of one colour, one for each day. */
interface Series {
  readonly label: string;
  readonly tone: 'primary' | 'error' | 'success';
  readonly days: readonly DayTotal[];
}

interface DayTotal {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly count: number;
  readonly isExact: boolean;
}

interface BarChartProps {
  readonly title: string;
  /** One or several, stacked; all with the same days. */
  readonly series: readonly Series[];
}

const width = 300;
const height = 90;
const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Stacked bars of days, with the same numbers as a table. */
export function BarChart({ title, series }: BarChartProps): ReactNode {
  const id = useId();
  const days = series[0]?.days.map(({ day }) => day) ?? [];
  const sums = days.map((_, at) => series.reduce((sum, each) => sum + (each.days[at]?.count ?? 0), 0));
  const highest = Math.max(1, ...sums);
  return (
    <Box component="figure" sx={{ m: 0 }} aria-labelledby={id}>
      <Typography id={id} component="figcaption" variant="subtitle2">
        {title}
      </Typography>
      <Legend series={series} />
      <Typography variant="body2" color="text.secondary" sx={{ textAlign: 'right' }} aria-hidden>
        {highest.toLocaleString()}
      </Typography>
      <Bars series={series} highest={highest} days={days} />
      <Box sx={{ display: 'flex', justifyContent: 'space-between' }} aria-hidden>
        {[days[0], days.at(-1)].map((day) => (
          <Typography key={day} variant="body2" color="text.secondary">
            {day === undefined ? '' : dayText(day)}
          </Typography>
        ))}
      </Box>
      <NumbersTable title={title} series={series} days={days} />
    </Box>
  );
}

/** Only decoration for screen readers, which get the table. */
function Bars({
  series,
  highest,
  days,
}: Omit<BarChartProps, 'title'> & { highest: number; days: string[] }): ReactNode {
  const { palette } = useTheme();
  const step = width / Math.max(1, days.length);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width="100%" height={height} preserveAspectRatio="none" aria-hidden>
      <line x1="0" x2={width} y1={height} y2={height} stroke={palette.divider} strokeWidth="2" />
      {days.map((day, at) => (
        <g key={day}>
          <title>{series.map((each) => `${dayText(day)}: ${countText(each.days[at])} ${each.label}`).join('\n')}</title>
          <rect x={at * step} y="0" width={step} height={height} fill="transparent" />
          {stacked(series, at).map(({ from, count, tone }) => (
            <rect
              key={tone}
              x={at * step + step * 0.12}
              y={height - ((from + count) / highest) * height}
              width={step * 0.76}
              height={(count / highest) * height}
              fill={palette[tone].main}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}

/** The numbers of one day, each on top of those before it. */
function stacked(series: readonly Series[], at: number): { from: number; count: number; tone: Series['tone'] }[] {
  let from = 0;
  return series.map(({ days, tone }) => {
    const count = days[at]?.count ?? 0;
    const part = { from, count, tone };
    from += count;
    return part;
  });
}

function Legend({ series }: { series: readonly Series[] }): ReactNode {
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', columnGap: 2 }}>
      {series.map(({ label, tone, days }) => (
        <Box key={label} sx={{ display: 'flex', alignItems: 'center', gap: 0.75 }}>
          <Box sx={{ width: 10, height: 10, borderRadius: 0.5, bgcolor: `${tone}.main` }} />
          <Typography variant="body2" color="text.secondary">
            {sumText(days)} {label}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}

function NumbersTable({ title, series, days }: BarChartProps & { days: string[] }): ReactNode {
  return (
    <details>
      <Typography component="summary" variant="body2" color="text.secondary" sx={{ cursor: 'pointer', py: 0.5 }}>
        Show as a table
      </Typography>
      <Box sx={{ maxHeight: 260, overflow: 'auto' }} tabIndex={0} role="region" aria-label={`${title}, by day`}>
        <Table size="small" aria-label={title}>
          <TableHead>
            <TableRow>
              <TableCell>Day (UTC)</TableCell>
              {series.map(({ label }) => (
                <TableCell key={label} align="right">
                  {label}
                </TableCell>
              ))}
            </TableRow>
          </TableHead>
          <TableBody>
            {days.map((day, at) => (
              <TableRow key={day}>
                <TableCell>{dayText(day)}</TableCell>
                {series.map((each) => (
                  <TableCell key={each.label} align="right">
                    {countText(each.days[at])}
                  </TableCell>
                ))}
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </Box>
    </details>
  );
}

function dayText(day: string): string {
  return dayFormat.format(new Date(`${day}T00:00:00Z`));
}

/** Counting stops at a limit. */
function countText(total: DayTotal | undefined): string {
  if (total === undefined) return '0';
  return total.isExact ? total.count.toLocaleString() : `more than ${total.count.toLocaleString()}`;
}

function sumText(days: readonly DayTotal[]): string {
  const sum = days.reduce((all, { count }) => all + count, 0).toLocaleString();
  return days.every(({ isExact }) => isExact) ? sum : `more than ${sum}`;
}
