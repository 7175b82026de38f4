import { Box, Card, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import type { components } from '../api/index.ts';
import { useRead } from '../api/index.ts';
import { Loading, Page, ProblemAlert, Section, TimeText } from '../kit/index.ts';
import { BarChart } from './bar-chart.tsx';
import { Failures } from './failures.tsx';
import { QueueSummary } from './queue-summary.tsx';
import { ServiceState } from './service-state.tsx';

type Overview = components['schemas']['OverviewDto'];

const refreshMs = 10_000;

/** `#/overview`. */
export default function OverviewPage(): ReactNode {
  const { data, error, refetch } = useRead<Overview>('stats/overview', refreshMs);
  return (
    <Page title="Overview" mark={data && <ReadAt time={data.computedAt} />}>
      <ProblemAlert error={error} onRetry={() => void refetch()} />
      {data === undefined ? error === null && <Loading /> : <Numbers overview={data} />}
    </Page>
  );
}

function ReadAt({ time }: { time: string }): ReactNode {
  return (
    <Typography variant="body2" color="text.secondary">
      read <TimeText value={time} ago />
    </Typography>
  );
}

function Numbers({ overview }: { overview: Overview }): ReactNode {
  const { service, users, logins, queues, latestFailures } = overview;
  const { active, unverified, disabled } = users.byStatus;
  return (
    <>
      <Section title="Service">
        <ServiceState service={service} />
      </Section>
      <Box sx={{ display: 'grid', gap: 2, mb: 2, gridTemplateColumns: 'repeat(auto-fit, minmax(150px, 1fr))' }}>
        <Figure label="Active users" total={active} />
        <Figure label="Unverified users" total={unverified} />
        <Figure label="Disabled users" total={disabled} />
      </Box>
      <Box
        sx={{
          display: 'grid',
          columnGap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
        }}
      >
        <Section>
          <BarChart
            title="New users per day"
            series={[{ label: 'new users', tone: 'primary', days: users.newPerDay }]}
          />
        </Section>
        <Section>
          <BarChart
            title="Logins per day"
            series={[
              { label: 'succeeded', tone: 'success', days: logins.succeededPerDay },
              { label: 'failed', tone: 'error', days: logins.failedPerDay },
            ]}
          />
        </Section>
      </Box>
      <Section title="Queues">
        <QueueSummary queues={queues} />
      </Section>
      <Section title="Latest dead jobs">
        <Failures jobs={latestFailures} />
      </Section>
    </>
  );
}

function Figure({ label, total }: { label: string; total: { count: number; isExact: boolean } }): ReactNode {
  const { count, isExact } = total;
  return (
    <Card variant="outlined" sx={{ p: 2 }}>
      <Typography variant="body2" color="text.secondary">
        {label}
      </Typography>
      <Typography variant="h5" component="p">
        {isExact ? '' : 'about '}
        {count.toLocaleString()}
      </Typography>
    </Card>
  );
}
