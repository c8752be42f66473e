import { nextTheme, theme } from '../lib/theme';
import { Icon } from './Icon';

export function ThemeButton() {
  const name = theme.value === 'system' ? 'as the system' : theme.value;
  return (
    <button type="button" class="quiet icon" title={`Colours: ${name}`} aria-label={`Colours: ${name}. Change`} onClick={nextTheme}>
      <Icon name={theme.value === 'light' ? 'sun' : theme.value === 'dark' ? 'moon' : 'screen'} />
    </button>
  );
}
