"""Train SAC on Pendulum-v1 with the learning rate that sac_pendulum.yml asks for, for all three optimizers."""

from stable_baselines3 import SAC

from lr_schedule import BaseLRSchedule
from recorder import Recorder, learning_rate_in
from report import read_job, require_equal, show


def main() -> None:
    job = read_job(__file__, __doc__)
    settings = dict(job.config["sac"])
    learning_rate = settings["learning_rate"] = BaseLRSchedule.create(settings["learning_rate"], job.total_timesteps)

    model = SAC(env=job.config["env_id"], seed=job.config["seed"], device="cpu", **settings)
    recorder = Recorder(
        {
            "scheduled LR": learning_rate,
            "actor LR": lambda _: learning_rate_in(model.actor.optimizer),
            "critic LR": lambda _: learning_rate_in(model.critic.optimizer),
            "entropy LR": lambda _: learning_rate_in(model.ent_coef_optimizer),
        },
        every=100,
    )
    model.learn(job.total_timesteps, callback=recorder, progress_bar=True)
    show("SAC on Pendulum-v1", recorder.rows, job.output)
    require_equal(recorder.rows, "scheduled LR", ["actor LR", "critic LR", "entropy LR"])

    model.save(job.output / "model.zip")
    loaded = SAC.load(job.output / "model.zip", device="cpu")
    if loaded.learning_rate != learning_rate:
        raise SystemExit(f"learning_rate came back as {loaded.learning_rate!r}")
    print(f"Loaded learning_rate: {loaded.learning_rate!r}, equal to the one saved")


if __name__ == "__main__":
    main()
