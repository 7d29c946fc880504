"""The command line as a user runs it: in a process of its own, by what it prints and by its exit status."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest
import yaml

import lr_schedule
from lr_schedule import BaseLRSchedule
from lr_schedule.cli.main import main
from lr_schedule.config.registry import registry
from lr_schedule.zoo.schema import hyperparams_schema

GOOD = """\
CartPole-v1:
  n_timesteps: 10000
  policy: MlpPolicy
  learning_rate: {type: cosine_warmup, warmup_steps: 500}
  clip_range: {type: linear, initial_value: 0.2, final_value: 0.1}
  callback:
    - lr_schedule.sb3.ScheduleCallback:
        schedules: {ent_coef: lin_0.01}
Acrobot-v1:
  n_timesteps: 10000
  learning_rate: 1e-3
"""
BAD = """\
CartPole-v1: &base
  n_timesteps: 100
  learning_rate: {type: cosin}
  clip_range:
    type: linear
    final_valu: 0.1
Acrobot-v1:
  <<: *base
  ent_coef: {type: linear}
  callback:
    lr_schedule.sb3.ScheduleCallback:
      schedules: {gamma: {type: linear, initial_value: -1}}
"""


def run(*arguments, stdin=None, **options):
    command = [sys.executable, "-m", "lr_schedule.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", input=stdin, check=False, **options)


@pytest.fixture
def good(tmp_path):
    (tmp_path / "good.yml").write_text(GOOD)
    return tmp_path / "good.yml"


@pytest.fixture
def bad(tmp_path):
    (tmp_path / "bad.yml").write_text(BAD)
    return tmp_path / "bad.yml"


def test_plot_draws_curves_of_configs_on_one_pair_of_axes_with_a_legend():
    result = run("plot", "cosine_3e-4", "lin_2e-4", "{type: cosine_warmup, warmup_steps: 10}", "--total-timesteps", 100)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0].startswith("    0.001 │")
    assert lines[15].startswith("        0 │")
    assert lines[17].endswith(" 100")
    assert [line[:8] for line in lines[18:]] == ["● cosine", "+ linear", "o cosine"]


def test_plot_takes_the_schedules_of_a_file_by_section_and_key(good):
    def values(*arguments):
        return {one["label"]: one["values"] for one in json.loads(run("plot", good, "--json", *arguments).stdout)}

    learning_rates = values("--points", "3")
    assert learning_rates == {
        "CartPole-v1.learning_rate": pytest.approx([0.0, 0.001 * 0.542, 0.0], rel=1e-2),
        "Acrobot-v1.learning_rate": [0.001] * 3,
    }
    assert list(values("--env", "CartPole-v1", "--key", "clip_range", "--points", "2").values()) == [[0.2, 0.1]]
    (label,) = values("--key", "ent_coef")
    assert label == "CartPole-v1.callback[0].lr_schedule.sb3.ScheduleCallback.schedules.ent_coef"


def test_plot_json_gives_configs_that_make_the_values_again():
    (one,) = json.loads(run("plot", "cosine_3e-4", "--json").stdout)
    assert BaseLRSchedule.create(one["config"]).sample(101).tolist() == one["values"]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_plot_writes_a_picture_of_the_kind_that_the_suffix_names(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    output = tmp_path / f"curves.{suffix}"
    result = run("plot", "cosine_3e-4", "0.1", "--log", "-o", output)
    assert result.returncode == 0
    assert f"wrote {output}" in result.stdout
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert output.read_bytes().startswith(starts[suffix])


def test_plot_of_a_file_that_is_one_schedule_draws_it(tmp_path):
    (tmp_path / "one.yml").write_text("type: linear\ninitial_value: 0.5\n")
    (one,) = json.loads(run("plot", tmp_path / "one.yml", "--json").stdout)
    assert (one["label"], one["values"][50]) == ("one.yml", 0.25)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cosin_3e-4"], "error: schedule: unknown type; did you mean 'cosine'?"),
        (["gone.yml"], "gone.yml:1:1: No such file or directory"),
        (["[1"], "<command line>:1:3: while parsing a flow sequence"),
        (["GOOD", "--env", "CartPole-v2"], "good.yml:1:1: CartPole-v2: no such section, and no 'default'; did you"),
        (["GOOD", "--key", "learning_rat"], "no schedule at learning_rat; did you mean 'learning_rate'?"),
        (["BAD"], "bad.yml:3:19: CartPole-v1.learning_rate.type: unknown type; did you mean 'cosine'?"),
        (["lin_1e-3", "-o", "curves.foo"], "error: Format 'foo' is not supported"),
        (["lin_1e-3"] * 13, "error: 13 schedules are too many for one picture"),
        (["lin_1e-3", "--json", "--points", "0"], "error: n must be a whole number >= 1, not 0"),
    ],
)
def test_a_mistake_in_what_is_plotted_is_one_line_and_status_1(arguments, message, good, bad):
    given = [{"GOOD": good, "BAD": bad}.get(argument, argument) for argument in arguments]
    result = run("plot", *given)
    assert result.returncode == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["plott"], ["plot"], ["plot", "0.1", "--total-timesteps", "-5"]])
def test_a_wrong_command_line_is_status_2_with_its_usage(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: lr-schedule")


@pytest.mark.parametrize("command", ["plot", "preview", "check", "schema", "types", "show"])
def test_every_help_text_has_an_example(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"  lr-schedule {command}" in capsys.readouterr().out.partition("examples:")[2]


def test_version_is_that_of_the_installed_package():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"lr-schedule {version('lr-schedule')}\n")


def test_the_grammar_of_the_command_line_imports_nothing_heavy():
    code = (
        "import sys, types\n"
        # Only the command line counts here, whatever the package itself imports.
        "package = sys.modules['lr_schedule'] = types.ModuleType('lr_schedule')\n"
        "package.__path__ = [sys.argv[1]]\n"
        "from lr_schedule.cli.main import make_parser\n"
        "make_parser().format_help()\n"
        "heavy = {'numpy', 'pydantic', 'yaml', 'importlib.metadata'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    folder = Path(lr_schedule.__file__).parent
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True)


def test_check_passes_a_good_file_and_counts_its_schedules(good):
    result = run("check", good)
    assert (result.returncode, result.stdout, result.stderr) == (0, "1 files, 4 schedules, 0 problems\n", "")


def test_check_reports_every_problem_of_every_file_in_a_folder(good, bad, tmp_path):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "broken.yaml").write_text("a: [1,\n")
    (tmp_path / "deeper" / "hostile.yaml").write_text("a: !!python/object/apply:os.system ['true']\n")
    (tmp_path / "notes.txt").write_text("a: [1,\n")
    result = run("check", tmp_path)
    assert result.returncode == 1
    *problems, summary = result.stdout.splitlines()
    assert [problem.removeprefix(f"{tmp_path}/").split(": ")[0] for problem in problems] == [
        "bad.yml:3:19",
        "bad.yml:6:5",
        "bad.yml:9:3",
        "bad.yml:12:41",
        "deeper/broken.yaml:2:1",
        "deeper/hostile.yaml:1:4",
    ]
    assert summary == "4 files, 10 schedules, 6 problems"


def test_check_json_gives_place_path_and_message(bad):
    problems = json.loads(run("check", bad, "--json").stdout)
    assert problems[1] == {
        "file": str(bad),
        "line": 6,
        "column": 5,
        "path": "CartPole-v1.clip_range.final_valu",
        "message": problems[1]["message"],
        "received": "0.1",
    }
    assert problems[1]["message"].startswith("unknown key; did you mean 'final_value'?")


def test_check_needs_a_length_for_steps_in_a_file_that_states_none(tmp_path):
    (tmp_path / "a.yml").write_text("learning_rate: {type: cosine_warmup, warmup_steps: 5}\npolicy: MlpPolicy\n")
    result = run("check", tmp_path / "a.yml")
    assert (result.returncode, "a.yml:1:38: learning_rate.warmup_steps: needs total_steps" in result.stdout) == (
        1,
        True,
    )
    assert run("check", tmp_path / "a.yml", "--total-timesteps", "100").returncode == 0


def test_check_of_a_folder_without_yaml_is_an_error(tmp_path):
    result = run("check", tmp_path)
    assert result.returncode == 1
    assert "no .yml or .yaml file in this folder" in result.stderr


def test_the_pre_commit_hook_runs_check_on_the_files_that_it_is_handed(good, bad):
    (hook,) = yaml.safe_load((Path(__file__).parents[1] / ".pre-commit-hooks.yaml").read_text())
    command = hook["entry"].split()
    assert command[0] == "lr-schedule"
    assert run(*command[1:], good).returncode == 0
    assert run(*command[1:], good, bad).returncode == 1


def test_schema_is_that_of_the_library():
    from lr_schedule import json_schema

    assert json.loads(run("schema").stdout) == json_schema()
    assert json.loads(run("schema", "--zoo").stdout) == hyperparams_schema()


def test_the_schema_of_a_hyperparameter_file_accepts_good_files_and_refuses_bad_ones():
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    assert validator.is_valid(yaml.safe_load(GOOD))
    faults = {tuple(error.absolute_path)[:2] for error in validator.iter_errors(yaml.safe_load(BAD))}
    assert faults == {
        ("CartPole-v1", "learning_rate"),
        ("CartPole-v1", "clip_range"),
        ("Acrobot-v1", "learning_rate"),
        ("Acrobot-v1", "clip_range"),
        ("Acrobot-v1", "callback"),
    }
    assert validator.is_valid({"x": {"clip_range_vf": None, "clip_range": -1, "other": [1]}})


def test_every_file_that_the_zoo_ships_passes_check_and_schema():
    zoo = pytest.importorskip("rl_zoo3")
    folder = Path(zoo.__file__).parent / "hyperparams"
    result = run("check", folder)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "13 files, 303 schedules, 0 problems")
    validator = jsonschema.Draft202012Validator(hyperparams_schema())
    for file in folder.glob("*.yml"):
        assert not list(validator.iter_errors(yaml.safe_load(file.read_text())))


def test_types_lists_every_type_with_its_keys_and_defaults():
    described = {one["type"]: one for one in json.loads(run("types", "--json").stdout)}
    assert set(described) == {name for name, cls in registry.items() if cls.__module__.startswith("lr_schedule.")}
    assert described["cosine_warmup"]["keys"]["warmup_fraction"] == 0.1
    assert described["linear"]["keys"] == {"initial_value": 0.001, "final_value": 0.0}
    assert all(one["summary"] for one in described.values())


def test_types_draws_every_type_that_needs_no_framework():
    text = run("types").stdout
    drawn = {line.split()[0] for line in text.splitlines() if line and line[0] != " " and line[-1] in "▁▂▃▄▅▆▇█"}
    assert set(registry) - drawn == {"torch"}
    result = run("types", "cosin")
    assert (result.returncode, "did you mean 'cosine'?" in result.stderr) == (1, True)


def test_a_reader_that_stops_early_causes_no_traceback():
    command = [sys.executable, "-m", "lr_schedule.cli", "types"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_a_terminal_without_unicode_causes_no_traceback():
    result = run("types", env={"PYTHONIOENCODING": "ascii", "PATH": ""})
    assert (result.returncode, result.stderr) == (0, "")


def test_the_core_commands_import_no_framework(good):
    code = (
        "import sys\nfrom lr_schedule.cli.main import main\nstatus = main(sys.argv[1:])\n"
        "heavy = {'torch', 'stable_baselines3', 'gymnasium', 'matplotlib', 'optuna', 'rl_zoo3'} & set(sys.modules)\n"
        "assert not heavy, heavy\nsys.exit(status)"
    )
    for arguments in (["check", good], ["plot", "cosine_3e-4"], ["types"], ["schema"]):
        subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True)


def test_preview_shows_the_updates_of_the_run(good):
    pytest.importorskip("stable_baselines3")
    result = run("preview", good, "--env", "CartPole-v1", "--algo", "ppo")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0].split()[:3] == ["update", "timesteps", "progress"]
    data = json.loads(run("preview", good, "--env", "CartPole-v1", "--algo", "PPO", "--json").stdout)
    assert data["timesteps"] == [2048, 4096, 6144, 8192, 10240]
    schedule = BaseLRSchedule.create({"type": "cosine_warmup", "warmup_fraction": 0.05})
    assert data["values"]["learning_rate"] == [schedule(p) for p in data["progress"]]
    assert set(data["values"]) == {"learning_rate", "clip_range", "ent_coef"}


def test_preview_of_updates_after_whole_episodes_needs_their_length(tmp_path):
    pytest.importorskip("sb3_contrib")
    (tmp_path / "ars.yml").write_text("{n_timesteps: 800, policy: LinearPolicy, n_delta: 2, learning_rate: lin_0.02}")
    arguments = ["preview", tmp_path / "ars.yml", "--algo", "ars", "--json"]
    assert "episode_length" in run(*arguments).stderr
    data = json.loads(run(*arguments, "--episode-length", 50).stdout)
    assert data["timesteps"] == [200, 400, 600, 800]


def test_preview_of_an_unknown_algorithm_is_an_error(good):
    pytest.importorskip("stable_baselines3")
    result = run("preview", good, "--env", "CartPole-v1", "--algo", "pppo")
    assert (result.returncode, "unknown algorithm" in result.stderr) == (1, True)


def test_show_reads_the_schedules_of_a_saved_model(tmp_path):
    sb3 = pytest.importorskip("stable_baselines3")
    model = sb3.PPO("MlpPolicy", "CartPole-v1", learning_rate=BaseLRSchedule.create("cosine_3e-4"), device="cpu")
    model.save(tmp_path / "model.zip")
    found = json.loads(run("show", tmp_path / "model.zip", "--json").stdout)
    assert BaseLRSchedule.create(found["learning_rate"]) == BaseLRSchedule.create("cosine_3e-4")
    text = run("show", tmp_path / "model.zip").stdout
    assert "learning_rate" in text
    assert "cosine initial_value=0.0003" in text
    assert run("show", tmp_path / "gone.zip").returncode == 1
    (tmp_path / "no.zip").write_text("no zip")
    assert run("show", tmp_path / "no.zip").returncode == 1
