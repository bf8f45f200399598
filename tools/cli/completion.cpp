#include "cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <vector>

#include "cli/program.h"

namespace camfleet::cli {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands(static_cast<const std::function<bool(const CLI::App*)>&>(nullptr));
}

struct Choice {
  std::string text;  // "--json"
  std::string help;
  bool takes_value;
};

std::vector<Choice> options_of(const CLI::App& app) {
  std::vector<Choice> out;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames())
      out.push_back({"--" + name, option->get_description(), option->get_items_expected_min() > 0});
  return out;
}

// Every node of the tree with its path below the root: "", "device", "device add".
void each(const CLI::App& app, const std::string& path,
          const std::function<void(const CLI::App&, const std::string&)>& visit) {
  visit(app, path);
  for (const auto* verb : verbs_of(app))
    each(*verb, path.empty() ? verb->get_name() : path + ' ' + verb->get_name(), visit);
}

bool is_serve(const std::string& path) { return path == "serve"; }

std::string words(const CLI::App& app, const CLI::App& root, const std::string& path) {
  std::string out;
  for (const auto* verb : verbs_of(app)) out += verb->get_name() + ' ';
  for (const auto& option : options_of(app)) out += option.text + ' ';
  if (&app != &root && !is_serve(path))
    for (const auto& option : options_of(root))
      if (option.text != "--version" && option.text != "--help") out += option.text + ' ';
  if (!out.empty()) out.pop_back();
  return out;
}

// Inside single quotes of a shell.
std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string{"'\\''"} : std::string(1, c);
  return out + "'";
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// The options that are followed by a value, and those whose value is a file.
std::string with_value(const CLI::App& root) {
  std::string out;
  each(root, "", [&](const CLI::App& app, const std::string&) {
    for (const auto& option : options_of(app))
      if (option.takes_value && (' ' + out + ' ').find(' ' + option.text + ' ') == out.npos)
        out += (out.empty() ? "" : "|") + option.text;
  });
  return out;
}

// clang-format off
constexpr const char* kBashHead = R"sh(# bash completion of camfleet; made by: camfleet completion bash
# To use it: camfleet completion bash > /usr/share/bash-completion/completions/camfleet
_camfleet() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='' word words='' i skip='' id
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=''; continue; fi
    case $word in
      )sh";
constexpr const char* kBashVerbs = R"sh() skip=1; continue ;;
      -*) continue ;;
    esac
    case "${path:+$path }$word" in
)sh";
constexpr const char* kBashValues = R"sh(      *) ;;
    esac
  done
  case ${COMP_WORDS[COMP_CWORD-1]} in
    --token-file|--password-file|--file|--ca|--config|--tls-cert|--tls-key)
      COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --data) COMPREPLY=($(compgen -d -- "$cur")); return ;;
    --state)
      COMPREPLY=($(compgen -W 'disabled waiting connecting online degraded backoff rejected locked' -- "$cur"))
      return ;;
    --lang) COMPREPLY=($(compgen -W 'en zh' -- "$cur")); return ;;
    --role) COMPREPLY=($(compgen -W 'viewer operator admin' -- "$cur")); return ;;
  esac
  if [[ -n $skip ]]; then return; fi
  case $path in
)sh";
// The ids come from elsewhere: they are compared, never expanded.
constexpr const char* kBashTail = R"sh(  esac
  if [[ $cur != -* ]]; then
    case $path in
      'device show'|'device edit'|'device remove'|'device enable'|'device disable'|'device reconnect'|\
      'device explain'|'device history'|'live url')
        while IFS= read -r id; do
          [[ $id =~ ^[a-z0-9][a-z0-9._-]*$ && $id == "$cur"* ]] && COMPREPLY+=("$id")
        done < <("${COMP_WORDS[0]}" device list --quiet --timeout 2 2>/dev/null)
        return ;;
      'device import'|'device export') COMPREPLY=($(compgen -f -- "$cur")); return ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _camfleet camfleet
)sh";
// clang-format on

}  // namespace

std::string bash_completion(const CLI::App& root) {
  std::string cases;
  std::string known;
  each(root, "", [&](const CLI::App& app, const std::string& path) {
    cases += fmt::format("    {}) words={} ;;\n", in_quotes(path), in_quotes(words(app, root, path)));
    if (!path.empty()) known += fmt::format("      {}) path={} ;;\n", in_quotes(path), in_quotes(path));
  });
  return kBashHead + with_value(root) + kBashVerbs + known + kBashValues + cases + kBashTail;
}

std::string zsh_completion(const CLI::App& root) {
  // zsh runs the script of bash: one source for both, and one behaviour.
  return "#compdef camfleet\n# zsh completion of camfleet; made by: camfleet completion zsh\n"
         "# To use it: camfleet completion zsh > \"${fpath[1]}/_camfleet\"\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash_completion(root);
}

std::string fish_completion(const CLI::App& root) {
  std::string out =
      "# fish completion of camfleet; made by: camfleet completion fish\n"
      "# To use it: camfleet completion fish > ~/.config/fish/completions/camfleet.fish\n"
      "function __camfleet_at\n"
      "  set -l words (commandline -opc)\n"
      "  set -l path\n"
      "  for word in $words[2..]\n"
      "    string match -q -- '-*' $word; and continue\n"
      "    set -a path $word\n"
      "  end\n"
      "  test (string join ' ' $path[1..(math min (count $path),(count $argv))] | string collect -N) = "
      "\"$argv\"; and test (count $path) -ge (count $argv)\n"
      "end\n"
      "complete -c camfleet -f\n";
  each(root, "", [&](const CLI::App& app, const std::string& path) {
    const auto when = path.empty() ? std::string{"__fish_use_subcommand"} : "__camfleet_at " + path;
    for (const auto* verb : verbs_of(app))
      out += fmt::format("complete -c camfleet -n {} -a {} -d {}\n", in_quotes(when), verb->get_name(),
                         in_quotes(first_line(verb->get_description())));
    for (const auto& option : options_of(app))
      out += fmt::format("complete -c camfleet{} -l {}{} -d {}\n",
                         path.empty() ? "" : " -n " + in_quotes(when), option.text.substr(2),
                         option.takes_value ? " -r" : "", in_quotes(first_line(option.help)));
  });
  return out;
}

void add_completion_verb(Program& program) {
  auto shell = std::make_shared<std::string>();
  auto* root = &program.app();
  auto& verb = program.verb(program.app(), "completion", "Print the completion of a shell: bash, zsh or fish",
                            {"source <(camfleet completion bash)",
                             "camfleet completion fish > ~/.config/fish/completions/camfleet.fish"},
                            [shell, root](Context& context) {
                              context.out.write(*shell == "bash"  ? bash_completion(*root)
                                                : *shell == "zsh" ? zsh_completion(*root)
                                                                  : fish_completion(*root));
                              return Exit::ok;
                            });
  verb.add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

}  // namespace camfleet::cli
