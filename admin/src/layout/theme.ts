import type { RaThemeOptions } from 'react-admin';
import { darken, getContrastRatio, lighten } from '@mui/material/styles';
import { configuration } from '../configuration.ts';

const surfaces = {
  light: {
    default: '#f6f7f9',
    paper: '#ffffff',
    raised: '#e9edf1',
    divider: '#e2e6ea',
    primary: '#17212b',
    secondary: '#566270',
  },
  dark: {
    default: '#11161b',
    paper: '#181f26',
    raised: '#2a343e',
    divider: '#2b353f',
    primary: '#e8edf2',
    secondary: '#9fadba',
  },
} as const;

const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif";

const prefersReducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches;
const durations = ['shortest', 'shorter', 'short', 'standard', 'complex', 'enteringScreen', 'leavingScreen'] as const;
const noTransitions = {
  create: () => 'none',
  duration: Object.fromEntries(durations.map((name) => [name, 0])),
};

export const lightTheme = themeOf('light');
export const darkTheme = themeOf('dark');

function themeOf(mode: 'light' | 'dark'): RaThemeOptions {
  const { default: background, paper, raised, divider, primary, secondary } = surfaces[mode];
  const accent = readableOn(configuration.accentColor, mode);
  return {
    palette: {
      mode,
      // `dark` is behind the text of a button under the mouse.
      primary:
        mode === 'light'
          ? { main: accent, dark: darken(accent, 0.15), contrastText: '#ffffff' }
          : { main: accent, dark: lighten(accent, 0.15), contrastText: '#0b1015' },
      secondary: { main: accent },
      background: { default: background, paper },
      text: { primary, secondary },
      error: { main: mode === 'light' ? '#b3261e' : '#ff8a80' },
      warning: { main: mode === 'light' ? '#8a5300' : '#ffb74d' },
      success: { main: mode === 'light' ? '#1b6e3c' : '#81c995' },
      info: { main: mode === 'light' ? '#1f5fa8' : '#8ab8f0' },
      divider,
      action: { selected: raised },
    },
    ...(prefersReducedMotion && { transitions: noTransitions }),
    shape: { borderRadius: 8 },
    typography: {
      fontFamily: font,
      button: { textTransform: 'none', fontWeight: 600 },
      h4: { fontSize: '1.6rem', fontWeight: 650, letterSpacing: '-0.02em' },
      h5: { fontSize: '1.35rem', fontWeight: 650, letterSpacing: '-0.015em' },
      h6: { fontSize: '1.05rem', fontWeight: 650 },
      subtitle2: { fontWeight: 650 },
    },
    components: {
      MuiCssBaseline: {
        styleOverrides: {
          '@media (prefers-reduced-motion: reduce)': {
            '*, *::before, *::after': { animationDuration: '1ms !important', transition: 'none !important' },
          },
        },
      },
      MuiButton: { defaultProps: { disableElevation: true }, styleOverrides: { root: { minHeight: 40 } } },
      MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
      MuiTextField: { defaultProps: { variant: 'outlined', size: 'small', fullWidth: true } },
      MuiFormControl: {
        defaultProps: { variant: 'outlined', size: 'small', margin: 'none', fullWidth: true },
        // React-admin's inputs have a margin of their own; forms and filters have a gap.
        styleOverrides: { root: { '&.MuiFormControl-root': { margin: 0 } } },
      },
      MuiTableCell: {
        styleOverrides: {
          root: { borderColor: divider, padding: '12px 16px' },
          head: { color: secondary, fontWeight: 600, fontSize: '0.8rem', whiteSpace: 'nowrap' },
        },
      },
      MuiTab: { styleOverrides: { root: { textTransform: 'none', fontWeight: 600, minHeight: 44 } } },
      MuiChip: { styleOverrides: { root: { fontWeight: 600 } } },
      MuiLink: { defaultProps: { underline: 'hover' } },
      MuiDialogActions: { styleOverrides: { root: { padding: '8px 24px 20px' } } },
      MuiDialogTitle: { defaultProps: { variant: 'h6', component: 'h2' } },
    },
  };
}

/** The colour of the product, darker or lighter where text in it would have too little contrast (WCAG 1.4.3). */
function readableOn(color: string, mode: 'light' | 'dark'): string {
  // The surface with the least contrast: a selected entry of the menu.
  const { raised } = surfaces[mode];
  const step = mode === 'light' ? darken : lighten;
  const steps = Array.from({ length: 20 }, (_, index) => step(color, index / 20));
  return steps.find((each) => getContrastRatio(each, raised) >= 4.6) ?? surfaces[mode].primary;
}
