import type { ReactNode } from 'react';
import { Page } from '../kit/index.ts';

export default function SchedulesPage(): ReactNode {
  return <Page title="Schedules">Not built yet.</Page>;
}
