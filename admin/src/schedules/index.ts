import Icon from '@mui/icons-material/Schedule';
import type { Area } from '../area.ts';

export const schedules: Area = {
  name: 'job-schedules',
  label: 'Schedules',
  icon: Icon,
  permission: 'jobs:write',
  pages: { '': () => import('./schedules-page.tsx') },
};
