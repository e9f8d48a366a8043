namespace Ddoq.Neural.Diffusion;

/// <summary>The samplers by name.</summary>
public enum SamplerKind
{
    /// <summary>The one that the model brings.</summary>
    Own,

    /// <summary>DDIM, deterministic.</summary>
    Ddim,

    /// <summary>Ancestral sampling, with the learned variance where the model has one.</summary>
    Ddpm,

    /// <summary>Pseudo linear multistep, the default of Stable Diffusion v1.5.</summary>
    Pndm,

    /// <summary>DPM-Solver++ 2M.</summary>
    DpmSolver,

    /// <summary>Euler's method on the probability flow.</summary>
    Euler,

    /// <summary>Heun's method on the probability flow; nearly two calls of the denoiser a step.</summary>
    Heun,
}
