import Icon from '@mui/icons-material/Schedule';
import type { Area } from '../area.ts';

export const schedules: Area = {
  name: 'job-schedules',
  label: 'Schedules',
  icon: Icon,
  permission: 'jobs:write',
  resource: {
    list: () => import('./schedule-list.tsx'),
    create: () => import('./schedule-create.tsx'),
    edit: () => import('./schedule-edit.tsx'),
    show: () => import('./schedule-page.tsx'),
    title: ({ name, type }) => String(name ?? type),
  },
};
