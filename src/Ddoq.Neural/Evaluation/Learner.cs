using Ddoq.Neural.Networks;
using Ddoq.Neural.Networks.Passes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ddoq.Neural.Evaluation;

/// <summary>A student's network as its training sees it: logits, gradients of the parameters, and answers in evaluation.</summary>
internal abstract class Learner : IDisposable
{
    /// <summary>The fastest way to train <paramref name="network"/> on a processor.</summary>
    public static Learner Of(nn.Module<Tensor, Tensor> network) => network is ConvNet convNet && ConvNetPass.Takes(convNet.Shape) ? new PassLearner(convNet) : new ModuleLearner(network);

    /// <summary>Logits N x L in training, for a loss.</summary>
    public abstract Tensor Train(Tensor views);

    /// <summary>Adds the gradients of the loss of the last <see cref="Train"/>.</summary>
    public abstract void Backward(Tensor loss);

    /// <summary>Logits N x L in evaluation.</summary>
    public abstract Tensor Evaluate(Tensor images);

    public virtual void Dispose() { }

    // Any network, by the library's graph.
    private sealed class ModuleLearner(nn.Module<Tensor, Tensor> network) : Learner
    {
        public override Tensor Train(Tensor views)
        {
            network.train();
            return network.call(views);
        }

        public override void Backward(Tensor loss) => loss.backward();

        public override Tensor Evaluate(Tensor images)
        {
            using var quiet = no_grad();
            network.eval();
            return network.call(images);
        }
    }

    // A ConvNet, by its own pass; the library's graph begins at the logits.
    private sealed class PassLearner(ConvNet network) : Learner
    {
        private readonly ConvNetPass _pass = new(network);
        private Tensor? _logits;

        public override Tensor Train(Tensor views) => _logits = _pass.Train(views).requires_grad_(true);

        public override void Backward(Tensor loss)
        {
            loss.backward();
            using var slopes = _logits!.grad;
            _pass.Backward(slopes!);
        }

        public override Tensor Evaluate(Tensor images) => _pass.Evaluate(images);

        public override void Dispose() => _pass.Dispose();
    }
}
